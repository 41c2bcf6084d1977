"""A table fitted to a width: columns give way from the widest; too many become one record a row."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from loom.markup.blocks import Alignment
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
    found = _row(header, sizes, alignments, line)
    found.append([Segment("─┼─".join("─" * size for size in sizes), line)])
    for row in rows:
        found.extend(_row(row, sizes, alignments, line))
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


def _row(
    cells: Sequence[Runs], sizes: Sequence[int], alignments: Sequence[Alignment], line: Style
) -> list[Line]:
    columns = [wrap(cell, size) for cell, size in zip(cells, sizes, strict=True)]
    found: list[Line] = []
    for at in range(max(1, *(len(column) for column in columns))):
        parts: Line = []
        for column, size, alignment in zip(columns, sizes, alignments, strict=True):
            if parts:
                parts.append(Segment(_GAP, line))
            parts.extend(_aligned(column[at] if at < len(column) else [], size, alignment))
        found.append(parts)
    return found


def _aligned(line: Line, size: int, alignment: Alignment) -> Line:
    missing = size - width_of(line)
    before = {"left": 0, "right": missing, "center": missing // 2}[alignment]
    padded = [Segment(" " * before), *line, Segment(" " * (missing - before))]
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
