"""Loom: a terminal AI coding agent with a server of its own."""

__version__ = "0.1.0"
