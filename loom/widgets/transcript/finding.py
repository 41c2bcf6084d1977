"""A transcript in which one looks for a text."""

import asyncio
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from loom.widgets.transcript.item import Item
from loom.widgets.transcript.marking import MarkView
from loom.widgets.transcript.search import Hit, Many, Search
from loom.widgets.transcript.spots import Spot

_SLICE = 0.004
_TRIES = 3


class FindView(MarkView):
    """Finds a text in all items, and goes to where it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "screen.find_step(1)", "The next hit", id="transcript.next_hit"),
        Binding("N", "screen.find_step(-1)", "The hit before", id="transcript.previous_hit"),
    ]
    """
    | Key | Description |
    | :- | :- |
    | n, N | The next occurrence of what was looked for, the one before. |
    """

    def __init__(self, *, clock: Callable[[], float], id: str | None = None) -> None:  # noqa: A002
        super().__init__(clock=clock, id=id)
        self._recounted: Callable[[], None] = lambda: None
        self._told = 0
        self._stale: dict[Item, None] = {}

    def look_for(self, text: str, recounted: Callable[[], None] = lambda: None) -> None:
        """From now on `text` is marked wherever it is in view; nothing is when it is empty.

        Args:
            recounted: called when there are more hits, or fewer, as the conversation goes on.
        """
        self._search = Search(text) if text else None
        self._recounted = recounted
        self._stale.clear()
        self.mark_hit(None)

    async def find_all(self) -> None:
        """Look through everything; keys go first every 4 ms."""
        search = self._search
        if search is None:
            return
        until = time.monotonic() + _SLICE
        for _ in search.through(tuple(self._flow.items)):
            if time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + _SLICE
        self._told = search.total

    @property
    def hits(self) -> int:
        """How many there are."""
        return self._search.total if self._search else 0

    def ordinal(self, hit: Hit) -> int | None:
        """Which of all hits it is, from 0; None when it is there no more."""
        at = 0
        for _, item, count in self._found():
            if item is hit.item:
                return at + hit.nth if hit.nth < count else None
            at += count
        return None

    def hit_at(self, ordinal: int) -> Hit | None:
        """The hit that is so many after the first; round at the ends."""
        rest = ordinal % self.hits if self.hits else 0
        for _, item, count in self._found():
            if rest < count:
                return Hit(item, rest)
            rest -= count
        return None

    @property
    def here(self) -> Spot | None:
        """What is read: the first line in view."""
        return self._spots.at(self.top, 0)

    def go_back(self, spot: Spot | None) -> None:
        """Have a line at the top that was there before."""
        if spot is not None and self._spots.is_there(spot):
            self.go_to(self._spots.line_of(spot))

    def nearest(self, spot: Spot | None) -> Hit | None:
        """The first hit in the screenful from a line on, else the one that is fewest lines away."""
        found = self._found()
        if spot is None or not found or not self._spots.is_there(spot):
            return self.hit_at(0)
        top = self._spots.line_of(spot)
        last = self._flow.at(min(top + self.size.height, self._flow.height) - 1) or 0
        places = [many.place for many in found]
        first = bisect_left(places, self._flow.at(top) or 0)
        near = found[max(0, first - 1) : bisect_right(places, last) + 1]
        return min(self._placed(near), key=lambda placed: self._distance(placed[0], top))[1]

    def show_hit(self, hit: Hit) -> None:
        """Go to a hit at once; what hides it in a folded item is opened."""
        self.flush()
        self.mark_hit(hit)
        if self._line_of(hit) is None and hit.item.can_open and not hit.item.is_open:
            hit.item.is_open = True
            self.changed(hit.item)
            self.flush()
        for _ in range(_TRIES):  # items that come into view may be higher than was guessed
            index = self._flow.place(hit.item)
            if index is None:
                return
            line = self._flow.body(index) + (self._line_of(hit) or 0)
            if self.top <= line < self.top + self.size.height:
                return
            self.go_to(line - self.size.height // 3)

    def shows(self, hit: Hit) -> bool:
        """Whether a hit is in view."""
        index, line = self._flow.place(hit.item), self._line_of(hit)
        if index is None or line is None:
            return False
        return 0 <= self._flow.body(index) + line - self.top < self.size.height

    @property
    def first_in_view(self) -> int:
        """The index of the item at the top of the view."""
        return self._flow.at(self.top) or 0

    def changed(self, item: Item) -> None:
        """Draws it again, and looks through what is new in it."""
        super().changed(item)
        if self._search is not None:
            self._stale[item] = None

    def take_off(self, items: Iterable[Item]) -> None:
        """As the base; their hits are gone."""
        gone = list(items)
        super().take_off(gone)
        self._forget(gone)

    def empty(self) -> None:
        """As the base; there are no hits."""
        self._forget(self._flow.items)
        super().empty()

    def flush(self) -> None:
        """Draws what changed, and tells how many hits there are when that changed."""
        super().flush()
        stale, self._stale = self._stale, {}
        if self._search is not None:
            for item in stale:
                self._search.again(item)
            self._tell()

    def _found(self) -> list[Many]:
        return self._search.in_order(self._flow.place) if self._search else []

    def _forget(self, items: Iterable[Item]) -> None:
        if self._search is not None:
            self._search.drop(items)
            for item in items:
                self._stale.pop(item, None)
            self._tell()

    def _tell(self) -> None:
        if self.hits != self._told:
            self._told = self.hits
            self._recounted()

    def _placed(self, found: Iterable[Many]) -> Iterator[tuple[int, Hit]]:
        """Hits with their lines; those that are folded away are where the last one is seen."""
        for place, item, count in found:
            body, lines = self._flow.body(place), self._lines_with(place) or [0]
            for nth in range(count):
                yield body + lines[min(nth, len(lines) - 1)], Hit(item, nth)

    def _distance(self, line: int, top: int) -> tuple[int, int]:
        """What lines are nearest by: all in the screenful from `top` on are, the first of them."""
        return max(0, top - line, line - (top + self.size.height - 1)), line
