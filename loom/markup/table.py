"""A table fitted to a width: columns give way from the widest; too many become one record a row."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from loom.markup.blocks import Alignment
from loom.markup.drawn import Aside, Between, Drawn
from loom.markup.ink import Inks, Line
from loom.markup.wrap import Run, width_of, wrap

Runs = Sequence[Run]
_GAP = " │ "
_NARROWEST = 4


def table_lines(
    header: Sequence[Runs],
    rows: Sequence[Sequence[Runs]],
    alignments: Sequence[Alignment],
    width: int,
    inks: Inks,
) -> list[Line]:
    """The table as lines of at most `width` cells; the header is already styled."""
    room = width - len(_GAP) * (len(header) - 1)
    wanted = [max(_widest(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    if room < sum(min(_NARROWEST, size) for size in wanted):
        return _records(header, rows, width, inks)
    sizes = fit(wanted, room)
    line = inks("text", "table_line")
    grid = _Grid(sizes, alignments, inks)
    found = grid.row(header)
    found.append([Aside("─┼─".join("─" * size for size in sizes), line)])
    for row in rows:
        found.extend(grid.row(row))
    return found


def fit(wanted: Sequence[int], room: int) -> list[int]:
    """Column widths within `room`: those that want less than a fair share get what they want."""
    sizes = [max(1, size) for size in wanted]
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    left = room
    for place, column in enumerate(order):
        share = left // (len(order) - place)
        sizes[column] = max(1, min(sizes[column], share))
        left -= sizes[column]
    return sizes


def _widest(cell: Runs) -> int:
    text = "".join(part for part, _ in cell)
    return max((width_of([Segment(line)]) for line in text.split("\n")), default=0)


class _Grid:
    """Columns of fixed sizes."""

    def __init__(self, sizes: Sequence[int], alignments: Sequence[Alignment], inks: Inks) -> None:
        self._columns = list(zip(sizes, alignments, strict=True))
        self._line = Between(_GAP, inks("text", "table_line"))
        self._blank = inks("text")

    def row(self, cells: Sequence[Runs]) -> list[Line]:
        """One row, as high as its highest cell."""
        wrapped = [wrap(cell, size) for cell, (size, _) in zip(cells, self._columns, strict=True)]
        height = max(1, *(len(cell) for cell in wrapped))
        return [self._line_at(wrapped, at) for at in range(height)]

    def _line_at(self, wrapped: list[list[Line]], at: int) -> Line:
        parts: Line = []
        for cell, (size, alignment) in zip(wrapped, self._columns, strict=True):
            if parts:
                parts.append(self._line)
            parts.extend(self._aligned(cell[at] if at < len(cell) else [], size, alignment))
        return parts

    def _aligned(self, line: Line, size: int, alignment: Alignment) -> Line:
        missing = max(0, size - width_of(line))
        before = {"left": 0, "right": missing, "center": missing // 2}[alignment]
        blank = self._blank
        padded = [Drawn(" " * before, blank), *line, Drawn(" " * (missing - before), blank)]
        return [segment for segment in padded if segment.text]


def _records(
    header: Sequence[Runs], rows: Sequence[Sequence[Runs]], width: int, inks: Inks
) -> list[Line]:
    """Each row as `header: cell` lines, a blank line between rows."""
    found: list[Line] = []
    for row in rows or [[[("", Style.null())]] * len(header)]:
        if found:
            found.append([])
        for name, cell in zip(header, row, strict=True):
            found.extend(wrap([*name, (": ", inks("text", "table_line")), *cell], width))
    return found
