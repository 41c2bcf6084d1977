"""The daemon: authentication, the LLM proxy where the keys live, health and metrics."""
