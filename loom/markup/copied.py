"""Lines as the text they were made from: without what is drawn, whole where they were wrapped.

A table's cells are divided by tabs. What is copied does not depend on the width of the screen.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from rich.segment import Segment

from loom.markup.drawn import Aside, Between, Broken, Drawn, Margin, Wrapped
from loom.markup.ink import Line


class _Cell(NamedTuple):
    """A cell's text, and what joins it to the one above; None where it begins anew."""

    text: str
    joint: str | None


def copied(lines: Iterable[Line]) -> str:
    """The text in `lines`; lines that are ours as a whole are left out."""
    rows: list[list[str]] = []
    for line in lines:
        if any(isinstance(segment, Aside) for segment in line):
            continue
        cells = _cells(line)
        goes_on = any(cell.joint is not None for cell in cells)
        if rows and goes_on and len(rows[-1]) == len(cells):
            rows[-1] = [
                above + _more(above, cell) for above, cell in zip(rows[-1], cells, strict=True)
            ]
        else:
            rows.append([cell.text for cell in cells])
    return "\n".join("\t".join(row) for row in rows)


def part(line: Line, start: int, stop: int) -> Line:
    """Characters `start` to `stop` of a line as it stands, each segment still what it was."""
    found: Line = []
    at = 0
    for is_turned, segments in groupby(line, _is_turned):
        group = list(segments)
        if is_turned:
            text = _read(group, max(0, start - at), max(0, stop - at))
            found.extend([type(group[0])(text, group[0].style)] if text else [])
            at += sum(len(segment.text) for segment in group)
            continue
        for segment in group:
            text = segment.text[max(0, start - at) : max(0, stop - at)]
            at += len(segment.text)
            if text:
                found.append(type(segment)(text, segment.style))
    return found


def text_of(line: Line) -> str:
    """All that a line shows."""
    return "".join(segment.text for segment in line)


def _more(above: str, cell: _Cell) -> str:
    if not cell.text:
        return ""
    return (cell.joint if cell.joint is not None else "\n" * bool(above)) + cell.text


def _cells(line: Line) -> list[_Cell]:
    cells = [_Cell("", None)]
    for segment in _logical(line):
        text, joint = cells[-1]
        match segment:
            case Between():
                cells.append(_Cell("", None))
            case Margin():
                cells[-1] = _Cell("", None)
            case Drawn():
                pass
            case Wrapped() | Broken() if not text.strip():
                cells[-1] = _Cell(segment.text, " " if isinstance(segment, Wrapped) else "")
            case _:
                cells[-1] = _Cell(text + segment.text, joint)
    return cells


def _logical(line: Line) -> Iterator[Segment]:
    """The line's segments in the order they are read, where some run to the left."""
    for is_turned, segments in groupby(line, _is_turned):
        if not is_turned:
            yield from segments
            continue
        group = list(segments)
        yield type(group[0])(_read(group), group[0].style)


def _is_turned(segment: Segment) -> bool:
    return type(segment.text) is not str


def _read(group: Line, start: int = 0, stop: int | None = None) -> str:
    from loom.markup.bidi import logical_text

    return logical_text(group, start, stop)
