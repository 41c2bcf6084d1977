"""Colour for what is printed outside the app."""

from collections.abc import Mapping
from typing import TextIO

RED, GREEN, YELLOW, DIM = "31", "32", "33", "2"


def is_colour_wanted(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """A terminal that can, and a person who did not say no. Source: no-color.org."""
    is_refused = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    return stream.isatty() and not is_refused


def paint(text: str, colour: str, *, is_wanted: bool) -> str:
    """`text` in an SGR colour, or as it is."""
    return f"\x1b[{colour}m{text}\x1b[0m" if is_wanted else text
