"""The terminal below Textual: what is written to it, and what it says."""
