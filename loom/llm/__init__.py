"""The agent's side of the model: the SSE parser and the way to a model through a Loom server."""
