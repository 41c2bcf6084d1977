"""Patterns that name models: `claude-*`, `openai/*`, `gpt-6.1-sol`."""

import re
from fnmatch import fnmatchcase

_DATE = re.compile(r"[-@]20\d\d-?\d\d-?\d\d$")


def matches(pattern: str, provider: str, model: str) -> bool:
    """Whether a pattern names the model, with its provider in front or without.

    Case, blanks around and the date of a snapshot make no other model: providers read them over,
    and a rule that did not would be passed by writing the name otherwise.
    """
    pattern, model = pattern.lower(), model.strip().lower()
    names = {model, _DATE.sub("", model)}
    return any(
        fnmatchcase(name, pattern) or fnmatchcase(f"{provider}/{name}", pattern) for name in names
    )
