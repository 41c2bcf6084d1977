"""Where a text occurs in the items of a transcript."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from loom.widgets.transcript.item import Item

PIECE = 1 << 16
"""Characters that are looked through at a time: well under a millisecond."""


class Hit(NamedTuple):
    """One occurrence; `nth` counts those in the same item, from 0."""

    item: Item
    nth: int


def pattern_of(text: str) -> "re.Pattern[str]":
    """Finds `text` as it stands; capitals matter only where it has some."""
    return re.compile(re.escape(text), 0 if text != text.lower() else re.IGNORECASE)


def occurrences(text: str, pattern: "re.Pattern[str]", length: int) -> Iterator[list[int]]:
    """Where a pattern of `length` characters is found, one list for each piece of `text`."""
    at = 0
    while at < len(text):
        end, found = at + PIECE, []
        for hit in pattern.finditer(text, at, end + length - 1):
            found.append(hit.start())
            at = hit.end()
        at = max(at, end)
        yield found


def hits(items: Sequence[Item], text: str) -> Iterator[list[Hit]]:
    """All occurrences in order, a list for each piece; whoever takes them watches the clock."""
    pattern = pattern_of(text)
    for item in items:
        nth = 0
        for found in occurrences(item.text, pattern, len(text)):
            yield [Hit(item, nth + more) for more in range(len(found))]
            nth += len(found)
