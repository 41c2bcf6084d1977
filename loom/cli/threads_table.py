"""Threads as lines of text: columns, ages, and titles that cannot speak to the terminal."""

import unicodedata
from argparse import ArgumentTypeError
from collections.abc import Sequence
from datetime import datetime

from loom.threads.width import cells, cut

# `T-` and the digits of a UUIDv7 that count milliseconds: enough to tell threads apart, and what
# `loom resume` accepts.
SHORT_ID = 15
FLEXIBLE = 1

STANDINGS = {"working": "works", "waiting": "waits for you", "rest": "rests"}
"""What a live session does, in a person's words."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Aligned text; the second column gives way so that a line fits `width` cells."""
    sizes = [max(map(cells, column)) for column in zip(columns, *rows, strict=True)]
    others = sum(sizes) - sizes[FLEXIBLE] + 2 * (len(sizes) - 1)
    sizes[FLEXIBLE] = max(cells(columns[FLEXIBLE]), min(sizes[FLEXIBLE], width - others))
    return "\n".join(_line(row, sizes) for row in (columns, *rows))


def _line(values: Sequence[str], sizes: Sequence[int]) -> str:
    fitted = [cut(value, size) for value, size in zip(values, sizes, strict=True)]
    padding = (" " * (size - cells(value)) for value, size in zip(fitted, sizes, strict=True))
    return "  ".join(map(str.__add__, fitted, padding)).rstrip()


def ago(then_ms: int, now_ms: int) -> str:
    """How long ago, in the largest unit that fits; a date beyond thirty days."""
    seconds = max(0, now_ms - then_ms) // 1000
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min ago"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h ago"
    if seconds < 30 * _DAY:
        return f"{seconds // _DAY} d ago"
    return datetime.fromtimestamp(then_ms / 1000).astimezone().strftime("%Y-%m-%d")


def tamed(text: str) -> str:
    """One line without control characters: titles come from models and from imported files."""
    return "".join(" " if _is_control(character) else character for character in text)


def positive(text: str) -> int:
    """An argparse type: a whole number from 1. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)


def _is_control(character: str) -> bool:
    # Cf holds the marks that reverse the direction of what follows.
    is_joiner = character in "\u200c\u200d"
    return not is_joiner and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
