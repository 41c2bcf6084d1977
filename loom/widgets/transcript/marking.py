"""A transcript in which a text is marked wherever it is in view."""

from collections.abc import Callable, Sequence
from itertools import chain

from textual.geometry import Region
from textual.strip import Strip

from loom.markup.copied import text_of
from loom.markup.ink import Line
from loom.widgets.transcript.flow import GUTTER
from loom.widgets.transcript.folding import FoldView
from loom.widgets.transcript.marks import Mark, goes_on, marks
from loom.widgets.transcript.search import Hit, Search


class MarkView(FoldView):
    """Knows which lines show a search's hits; only those in view are looked at to mark them."""

    def __init__(self, *, clock: Callable[[], float], id: str | None = None) -> None:  # noqa: A002
        super().__init__(clock=clock, id=id)
        self._search: Search | None = None
        self._row_marks: dict[int, list[Mark]] = {}
        self._hit: Hit | None = None
        self._hit_of: tuple[int, bool] = (0, False)
        self._hit_parts: list[Mark] = []
        self._hit_rows: set[Mark] = set()

    def mark_hit(self, hit: Hit | None) -> None:
        """From now on this hit looks different from the others."""
        self._hit, self._hit_of = hit, (0, False)
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines, with what is looked for marked."""
        if self._search is not None:
            self._row_marks = self._marks_in(
                self._search, self.top + crop.y, self.top + crop.bottom
            )
            self._hit_rows = set(self._parts_of_hit(self._search))
        return super().render_lines(crop)

    def dressed(self, row: int, strip: Strip) -> Strip:
        """What is looked for is marked."""
        if self._search is not None:
            for mark in self._row_marks.get(self.top + row, ()):
                row_mark = mark._replace(line=self.top + row)
                ink = "hit" if row_mark in self._hit_rows else "selection"
                strip = self._highlighted(strip, GUTTER + mark.start, GUTTER + mark.end, ink)
        return super().dressed(row, strip)

    def _line_of(self, hit: Hit) -> int | None:
        """The line of its item that shows the hit; None when none does, as in a folded one.

        Marks of markdown are not shown, so a hit within them has no line of its own.
        """
        index = self._flow.place(hit.item)
        shown = [] if index is None else self._lines_with(index)
        if hit.nth < len(shown):
            return shown[hit.nth]
        return shown[-1] if shown and (hit.item.is_open or not hit.item.can_open) else None

    def _lines_with(self, index: int) -> list[int]:
        """For each hit that an item shows, its line of the item."""
        if self._search is None:
            return []
        found = marks(self._flow.lines_of(index), self._search.pattern)
        return [parts[0].line for parts in found]

    def _parts_of_hit(self, search: Search) -> list[Mark]:
        """Where the hit stands that was gone to, by lines of the flow."""
        index = None if self._hit is None else self._flow.place(self._hit.item)
        if self._hit is None or index is None:
            return []
        of = (self._flow.width, self._hit.item.is_open)
        if self._hit_of != of:
            shown = marks(self._flow.lines_of(index), search.pattern)
            self._hit_of = of
            self._hit_parts = shown[min(self._hit.nth, len(shown) - 1)] if shown else []
        body = self._flow.body(index)
        return [part._replace(line=body + part.line) for part in self._hit_parts]

    def _marks_in(self, search: Search, first: int, last: int) -> dict[int, list[Mark]]:
        """What is marked in a stretch of lines, by the line of the flow."""
        found: dict[int, list[Mark]] = {}
        index = self._flow.at(first)
        while index is not None and index < len(self._flow.items):
            body = self._flow.body(index)
            if body >= last:
                break
            lines = self._flow.lines_of(index)
            start, stop = _whole(lines, max(0, first - body), last - body, search.length)
            for mark in chain.from_iterable(marks(lines[start:stop], search.pattern)):
                found.setdefault(body + start + mark.line, []).append(mark)
            index += 1
        return found


def _whole(lines: Sequence[Line], start: int, stop: int, length: int) -> tuple[int, int]:
    """A stretch of lines, and around it those with which a hit of so many characters may go on."""
    stop, room = min(stop, len(lines)), length
    while start > 0 and room > 0 and start < len(lines) and goes_on(lines[start]):
        start -= 1
        room -= len(text_of(lines[start]).strip())
    room = length
    while stop < len(lines) and room > 0 and goes_on(lines[stop]):
        room -= len(text_of(lines[stop]).strip())
        stop += 1
    return start, stop
