"""How often a text occurs in each of the items of a transcript, kept up while they grow."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from loom.widgets.transcript.item import Item

PIECE = 1 << 16
"""Characters that are looked through at a time: well under a millisecond."""


class Hit(NamedTuple):
    """One occurrence; `nth` counts those in the same item, from 0."""

    item: Item
    nth: int


class Many(NamedTuple):
    """An item with hits; `place` is its index among all."""

    place: int
    item: Item
    hits: int


class _Seen(NamedTuple):
    """An item's text when it was last looked through, and what was found: `end` of the last."""

    text: str
    hits: int
    end: int


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


class Search:
    """The hits of one text, which is not empty."""

    def __init__(self, text: str) -> None:
        self.pattern = pattern_of(text)
        self.length = len(text)
        self._counts: dict[Item, int] = {}
        self._seen: dict[Item, _Seen] = {}

    @property
    def total(self) -> int:
        """How many hits there are."""
        return sum(self._counts.values())

    def count(self, item: Item) -> int:
        """How many hits an item has."""
        return self._counts.get(item, 0)

    def through(self, items: Iterable[Item]) -> Iterator[None]:
        """Look through items that were not yet; a step a piece, so that keys may go between."""
        for item in items:
            if item in self._counts:
                continue
            count = 0
            for found in occurrences(item.text, self.pattern, self.length):
                count += len(found)
                yield
            self._counts.setdefault(item, count)

    def again(self, item: Item) -> None:
        """An item is new or another one; of a text that only grew, its new end is looked through.

        Only the texts of items that change are kept for this.
        """
        text, seen = item.text, self._seen.get(item)
        if seen is None or not text.startswith(seen.text):
            seen = _Seen("", 0, 0)
        count, end = seen.hits, seen.end
        for hit in self.pattern.finditer(text, max(end, len(seen.text) - self.length + 1)):
            count, end = count + 1, hit.end()
        self._seen[item] = _Seen(text, count, end)
        self._counts[item] = count

    def drop(self, items: Iterable[Item]) -> None:
        """Items are gone."""
        for item in items:
            self._counts.pop(item, None)
            self._seen.pop(item, None)

    def in_order(self, place: Callable[[Item], int | None]) -> list[Many]:
        """The items with hits from the first to the last."""
        found = [(place(item), item, count) for item, count in self._counts.items() if count]
        there = [Many(at, item, count) for at, item, count in found if at is not None]
        return sorted(there, key=lambda many: many.place)
