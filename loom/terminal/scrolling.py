"""Lines that moved as they are: the terminal scrolls them, and nobody writes them again.

Source: VT100 (DECSTBM, IND, RI), which every terminal that has an alternate screen knows.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from textual.strip import Strip

Rows = Mapping[int, Mapping[int, Strip]]
"""What stands on each line, by column."""

_BESIDE = 3
"""Columns beside the lines that may have to be put right again: a scrollbar."""

_WORTH = 4
"""Lines that must be saved for a scroll to be worth its sequences."""


class Scroll(NamedTuple):
    """Lines `top` to `bottom` (exclusive) move up by `by`; down when negative."""

    top: int
    bottom: int
    by: int

    @property
    def sequence(self) -> str:
        """What makes a terminal do it; the cursor is anywhere afterwards."""
        line, step = (self.bottom, "\x1bD") if self.by > 0 else (self.top + 1, "\x1bM")
        region = f"\x1b[0m\x1b[{self.top + 1};{self.bottom}r\x1b[{line};1H"
        return f"{region}{step * abs(self.by)}\x1b[r"

    def moved(self, rows: Rows) -> dict[int, dict[int, Strip]]:
        """What stands on its lines afterwards, given what stood there before."""
        lines = range(self.top, self.bottom)
        return {y: dict(rows.get(y + self.by, {})) if y + self.by in lines else {} for y in lines}

    def beside(self, rows: Rows) -> Iterator[tuple[int, int, Strip]]:
        """(column, line, strip) of what stands beside the lines, and was moved in vain."""
        width = _width(rows)
        for y in range(self.top, self.bottom):
            for x, strip in rows.get(y, {}).items():
                if not _is_wide(strip, width):
                    yield x, y, strip


def scroll_to(rows: Rows, pieces: Sequence[tuple[int, int, Strip]]) -> Scroll | None:
    """How whole lines that are to be painted have moved, when scrolling saves writing them.

    A terminal scrolls whole lines only: beside a pane of its own nothing is scrolled.

    Args:
        pieces: (column, line, strip) of what is to stand there.
    """
    width = _width(rows)
    wide = {y: strip for _, y, strip in pieces if _is_wide(strip, width)}
    places = {id(strip): y for y, row in rows.items() for strip in row.values()}
    shifts = [places[id(strip)] - y for y, strip in wide.items() if id(strip) in places]
    by = max(set(shifts), key=shifts.count, default=0)
    if not by or shifts.count(by) - shifts.count(0) < _WORTH:
        return None
    top, bottom = min(wide), max(wide) + 1
    is_whole = len(wide) == bottom - top and all(_covers(rows.get(y), width) for y in wide)
    return Scroll(top, bottom, by) if is_whole else None


def _width(rows: Rows) -> int:
    """Columns of the screen: all of it was painted once."""
    ends = (x + strip.cell_length for row in rows.values() for x, strip in row.items())
    return max(ends, default=0)


def _is_wide(strip: Strip, width: int) -> bool:
    return strip.cell_length >= width - _BESIDE


def _covers(row: Mapping[int, Strip] | None, width: int) -> bool:
    """Whether all of a line is known, so that what moves in vain can be put right."""
    return row is not None and sum(strip.cell_length for strip in row.values()) == width
