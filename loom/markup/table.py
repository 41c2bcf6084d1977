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
    columns = Columns(header, alignments, width, inks)
    columns.extend(rows, 0)
    lines = columns.head()
    for row in rows or columns.instead_of_rows:
        lines.extend(columns.row(row, is_first=not lines))
    return lines


Row = Sequence[Runs]


class Columns:
    """How wide the columns of a table are that is still being written.

    Attributes:
        count: rows that are sure: their widths are never asked for again.
    """

    def __init__(
        self, header: Row, alignments: Sequence[Alignment], width: int, inks: Inks
    ) -> None:
        self.count = 0
        self._header = header
        self._alignments = alignments
        self._room = width - len(_GAP) * (len(header) - 1)
        self._width = width
        self._inks = inks
        self._sure = self._widened([0] * len(header), header)
        self._sizes: list[int] | None = []
        self._grid = _Grid((), (), inks)

    def extend(self, rows: Sequence[Row], first: int) -> bool:
        """The rows from `first` on are `rows`; whether those before them look as they did."""
        if first == 0:
            self._sure = self._widened([0] * len(self._header), self._header)
        for row in rows[:-1]:
            self._sure = self._widened(self._sure, row)
        self.count = first + max(0, len(rows) - 1)
        wanted = self._widened(self._sure, rows[-1]) if rows else self._sure
        is_grid = self._room >= sum(min(_NARROWEST, size) for size in wanted)
        sizes = fit(wanted, self._room) if is_grid else None
        if sizes == self._sizes:
            return True
        self._sizes = sizes
        self._grid = _Grid(sizes or (), self._alignments if sizes else (), self._inks)
        return False

    @property
    def instead_of_rows(self) -> Sequence[Row]:
        """What shows the names of columns that do not fit, while there is no row."""
        return [[[("", Style.null())]] * len(self._header)] if self._sizes is None else []

    def head(self) -> list[Line]:
        """The header and the line below it; none where each row names its columns."""
        if self._sizes is None:
            return []
        below = Aside(
            "─┼─".join("─" * size for size in self._sizes), self._inks("text", "table_line")
        )
        return [*self._grid.row(self._header), [below]]

    def row(self, cells: Row, *, is_first: bool) -> list[Line]:
        """One row; a record stands apart from the one before."""
        if self._sizes is not None:
            return self._grid.row(cells)
        record = _record(self._header, cells, self._width, self._inks)
        return record if is_first else [[], *record]

    @staticmethod
    def _widened(sizes: Sequence[int], row: Row) -> list[int]:
        return [max(size, _widest(cell)) for size, cell in zip(sizes, row, strict=True)]


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


def _record(header: Row, row: Row, width: int, inks: Inks) -> list[Line]:
    """A row as `header: cell` lines."""
    found: list[Line] = []
    for name, cell in zip(header, row, strict=True):
        found.extend(wrap([*name, (": ", inks("text", "table_line")), *cell], width))
    return found
