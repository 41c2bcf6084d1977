"""A transcript in which one looks for a text."""

import asyncio
import re
import time

from textual.strip import Strip

from loom.widgets.transcript.code_blocks import CodeView
from loom.widgets.transcript.search import Hit, hits, pattern_of

_SLICE = 0.004
_TRIES = 3


class FindView(CodeView):
    """Finds a text in all items, marks it in view, and goes to where it is."""

    _sought: "re.Pattern[str] | None" = None

    def mark_all(self, text: str) -> None:
        """From now on `text` is marked wherever it is in view; nothing is when it is empty."""
        self._sought = pattern_of(text) if text else None
        self.refresh()

    async def find_all(self, text: str) -> list[Hit]:
        """Every occurrence from the first item to the last; keys go first every 4 ms."""
        found: list[Hit] = []
        until = time.monotonic() + _SLICE
        for some in hits(tuple(self._flow.items), text):
            found += some
            if time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + _SLICE
        return found

    def order_of(self, hit: Hit) -> tuple[int, int]:
        """What hits are in order by; of an item that is gone, before all others."""
        place = self._flow.place(hit.item)
        return (-1 if place is None else place, hit.nth)

    @property
    def first_in_view(self) -> int:
        """The index of the item at the top of the view."""
        return self._flow.at(self.top) or 0

    def show_hit(self, hit: Hit) -> None:
        """Go to a hit at once; what hides it in a folded item is opened."""
        self.flush()
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

    def dressed(self, row: int, strip: Strip) -> Strip:
        """What is looked for is marked."""
        if self._sought is not None:
            for hit in self._sought.finditer(strip.text):
                strip = self._highlighted(strip, hit.start(), hit.end())
        return super().dressed(row, strip)

    def _line_of(self, hit: Hit) -> int | None:
        """The line of its item that shows the hit; None when none does, as in a folded one.

        Marks of markdown are not shown, so a hit within them has no line of its own.
        """
        index = self._flow.place(hit.item)
        if index is None or self._sought is None:
            return None
        shown = [
            number
            for number, line in enumerate(self._flow.lines_of(index))
            for _ in self._sought.finditer("".join(run.text for run in line))
        ]
        if hit.nth < len(shown):
            return shown[hit.nth]
        return shown[-1] if shown and (hit.item.is_open or not hit.item.can_open) else None
