"""Patterns that name models: `claude-*`, `openai/*`, `gpt-6.1-sol`."""

from fnmatch import fnmatchcase


def matches(pattern: str, provider: str, model: str) -> bool:
    """Whether a pattern names the model, with its provider in front or without."""
    return fnmatchcase(model, pattern) or fnmatchcase(f"{provider}/{model}", pattern)
