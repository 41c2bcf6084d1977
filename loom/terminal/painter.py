"""What must be written so that the terminal shows a frame: only the cells that changed."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from loom.terminal.scrolling import scroll_to

Piece = tuple[int, int, Strip]
"""Column, row, and what is to stand there."""


def move_to(x: int, y: int) -> str:
    """The sequence (CUP) that puts the cursor there, both from 0."""
    return f"\x1b[{y + 1};{x + 1}H"


class Painter:
    """Knows what stands on the terminal, as the strips that were painted last.

    Attributes:
        width, height: cells and rows there are; what a frame has beyond them is left out.

    Args:
        move_to: the sequence that puts the cursor at a column and a row, both from 0; asked in the
            order in which the sequences are written.
        can_scroll: whether the terminal may scroll lines: rows are counted from its first.
    """

    def __init__(
        self, move_to: Callable[[int, int], str] = move_to, *, can_scroll: bool = True
    ) -> None:
        self._can_scroll = can_scroll
        self.width = self.height = sys.maxsize
        self._rows: dict[int, dict[int, Strip]] = {}
        self._move_to = move_to

    def forget(self) -> None:
        """The terminal may show anything: the next frame is painted whole."""
        self._rows.clear()

    def paint(self, update: CompositorUpdate, console: Console) -> str:
        """Escape sequences for what an update changes; empty when the terminal shows it already."""
        placed = [*self._placed(update)]
        scroll = scroll_to(self._rows, placed) if self._can_scroll else None
        if scroll is None:
            return "".join(self._piece(*piece, console) for piece in placed)
        beside = [*scroll.beside(self._rows)]
        self._rows.update(scroll.moved(self._rows))
        written = (self._piece(*piece, console) for piece in (*beside, *placed))
        return scroll.sequence + "".join(written)

    def paint_all(self, console: Console) -> str:
        """Escape sequences for all that is known to stand there."""
        return "".join(
            self._move_to(x, y) + strip.render(console)
            for y, row in sorted(self._rows.items())
            for x, strip in sorted(row.items())
        )

    def _placed(self, update: CompositorUpdate) -> Iterator[Piece]:
        """The pieces that there is room for."""
        for x, y, strip in pieces(update):
            if y < self.height and x + strip.cell_length <= self.width:
                yield x, y, strip
            elif y < self.height and x < self.width:
                yield x, y, strip.crop(0, self.width - x)

    def row_length(self, y: int) -> int:
        """Cells that were written on a row."""
        return max((x + strip.cell_length for x, strip in self._rows.get(y, {}).items()), default=0)

    def _note(self, x: int, y: int, strip: Strip) -> None:
        """Remember what is to stand there."""
        row = self._rows.setdefault(y, {})
        _uncover(row, x, x + strip.cell_length)
        row[x] = strip

    def _piece(self, x: int, y: int, strip: Strip, console: Console) -> str:
        row = self._rows.setdefault(y, {})
        old = row.get(x)
        if old is None or old.cell_length != strip.cell_length:
            self._note(x, y, strip)
            return self._move_to(x, y) + strip.render(console)
        if old is strip:
            return ""
        row[x] = strip
        start, end = difference([*old], [*strip])
        if start >= end:
            return ""
        changed = strip if (start, end) == (0, strip.cell_length) else strip.crop(start, end)
        return self._move_to(x + start, y) + changed.render(console)


def pieces(update: CompositorUpdate) -> Iterator[Piece]:
    """The strips of an update and their places."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield x, y, strip
                x += strip.cell_length
    elif isinstance(update, ChopsUpdate):
        yield from _chops(update)


def regions(update: CompositorUpdate) -> Iterable[Region]:
    """Where an update paints."""
    if isinstance(update, LayoutUpdate):
        return [update.region]
    if isinstance(update, ChopsUpdate):
        return [Region(x1, y, x2 - x1, 1) for y, x1, x2 in update.spans]
    return []


def _chops(update: ChopsUpdate) -> Iterator[Piece]:
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < x2 and end > x1:
                # The whole strip, though only a part is asked for: what did not change in it costs
                # nothing, and the next time it is found at the same place.
                yield x, y, strip


def _uncover(row: dict[int, Strip], start: int, end: int) -> None:
    """Forget strips that are painted over."""
    for x in [x for x, strip in row.items() if x < end and x + strip.cell_length > start]:
        del row[x]


def difference(old: Sequence[Segment], new: Sequence[Segment]) -> tuple[int, int]:
    """The cells of `new` from the first to the last that differ from `old`, which is as long."""
    most = min(len(old), len(new))
    first = last = 0
    while first < most and old[first] == new[first]:
        first += 1
    while last < most - first and old[-1 - last] == new[-1 - last]:
        last += 1
    start = sum(cell_len(segment.text) for segment in new[:first])
    end = sum(cell_len(segment.text) for segment in new[: len(new) - last])
    left, right = old[first : len(old) - last], new[first : len(new) - last]
    if all(part.text.isascii() for part in (*old, *new)):
        before, after = _within(left, right) if left and right else (0, 0)
        return start + before, end - after
    if any(map(_has_marks, (*old, *new))):
        # A combining mark is written together with the letter before it, wherever that stands.
        return 0, sum(cell_len(segment.text) for segment in new) * bool(left or right)
    return start, end


def _has_marks(segment: Segment) -> bool:
    return any(not letter.isascii() and cell_len(letter) == 0 for letter in segment.text)


def _within(old: Sequence[Segment], new: Sequence[Segment]) -> tuple[int, int]:
    """Cells that are alike at the start of the first segments and at the end of the last ones.

    Only in plain ASCII, where a character is a cell and none changes how its neighbour looks.
    """
    before = _alike(old[0], new[0], is_end=False)
    after = _alike(old[-1], new[-1], is_end=True)
    room = min(len(side[0].text) if len(side) == 1 else before + after for side in (old, new))
    return before, min(after, room - before)


def _alike(old: Segment, new: Segment, *, is_end: bool) -> int:
    if old.style != new.style:
        return 0
    step = -1 if is_end else 1
    pairs = enumerate(zip(old.text[::step], new.text[::step], strict=False))
    shorter = min(len(old.text), len(new.text))
    return next((at for at, (left, right) in pairs if left != right), shorter)
