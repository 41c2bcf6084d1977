"""A unified diff to lines: side by side in a wide place, one column in a narrow one."""

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Literal, NamedTuple

from rich.segment import Segment

from loom.markup.clean import expand_tabs, visible
from loom.markup.drawn import Between, Drawn
from loom.markup.ink import Inks, Line
from loom.markup.wrap import chop, width_of

WIDE = 120
"""Cells from which old and new stand side by side."""

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
Kind = Literal["file", "hunk", "context", "add", "remove", "note"]


class DiffLine(NamedTuple):
    """One line of a diff; `old` and `new` are line numbers, 0 on the side where it is not."""

    kind: Kind
    text: str
    old: int = 0
    new: int = 0


def read_diff(text: str) -> Iterator[DiffLine]:
    """The lines of a unified diff; what is none of its forms is passed on as a note."""
    old = new = old_end = new_end = 0
    for line in visible(text).removesuffix("\n").split("\n"):
        if old < old_end or new < new_end:
            # Counted, because content may look like a header: "+++ x" adds the line "++ x".
            found = _body(line, old, new)
            old += found.kind in ("context", "remove")
            new += found.kind in ("context", "add")
            yield found
        elif hunk := _HUNK.match(line):
            old, new = int(hunk[1]), int(hunk[3])
            old_end, new_end = old + int(hunk[2] or 1), new + int(hunk[4] or 1)
            yield DiffLine("hunk", hunk[5], old, new)
        elif line.startswith("+++ ") or line == "--- /dev/null":
            yield from _file(line)
        elif not line.startswith(("--- ", "diff --git ")):
            yield DiffLine("note", line)


def _file(line: str) -> Iterator[DiffLine]:
    path = line[4:].split("\t")[0]
    if path != "/dev/null":
        yield DiffLine("file", path.removeprefix("b/"))


def _body(line: str, old: int, new: int) -> DiffLine:
    sign, text = line[:1], line[1:]
    if sign == "+":
        return DiffLine("add", text, 0, new)
    if sign == "-":
        return DiffLine("remove", text, old, 0)
    if sign == "\\":
        return DiffLine("note", line)
    return DiffLine("context", text, old, new)


def diff_lines(text: str, width: int, inks: Inks, *, names_file: bool = True) -> list[Line]:
    """A unified diff as lines of at most `width` cells with line numbers.

    Without `names_file`, a diff of a single file does not say its name.
    """
    lines = list(read_diff(text))
    if not names_file and sum(line.kind == "file" for line in lines) == 1:
        lines = [line for line in lines if line.kind != "file"]
    digits = len(str(max((max(line.old, line.new) for line in lines), default=0)))
    painter = _DiffPainter(inks, width, digits)
    return list(painter.side_by_side(lines) if width >= WIDE else painter.unified(lines))


class _DiffPainter:
    """Paints diff lines; numbers take `digits` cells."""

    def __init__(self, inks: Inks, width: int, digits: int) -> None:
        self._inks = inks
        self._width = width
        self._digits = digits

    def unified(self, lines: Iterable[DiffLine]) -> Iterator[Line]:
        for line in lines:
            if line.kind in ("file", "hunk", "note"):
                yield from self._heading(line)
            else:
                yield from self._half(line, line.new or line.old, self._width)

    def side_by_side(self, lines: Iterable[DiffLine]) -> Iterator[Line]:
        removed: list[DiffLine] = []
        added: list[DiffLine] = []
        for line in lines:
            if line.kind == "remove" and not added:
                removed.append(line)
            elif line.kind == "add":
                added.append(line)
            else:
                yield from self._pairs(removed, added)
                removed, added = ([line], []) if line.kind == "remove" else ([], [])
                if line.kind == "context":
                    yield from self._pair(line, line)
                elif line.kind != "remove":
                    yield from self._heading(line)
        yield from self._pairs(removed, added)

    def _pairs(self, removed: list[DiffLine], added: list[DiffLine]) -> Iterator[Line]:
        for old, new in zip_longest(removed, added):
            yield from self._pair(old, new)

    def _pair(self, old: DiffLine | None, new: DiffLine | None) -> Iterator[Line]:
        left, right = (self._width - 1) // 2, self._width - 1 - (self._width - 1) // 2
        old_lines = self._half(old, old.old, left) if old else []
        new_lines = self._half(new, new.new, right) if new else []
        between = Between("│", self._inks("text", "rule"))
        for one, other in zip_longest(old_lines, new_lines):
            yield [*self._blank(one, left), between, *(other or [])]

    def _blank(self, line: Line | None, width: int) -> Line:
        line = line or []
        missing = width - width_of(line)
        return [*line, Drawn(" " * missing, self._inks("text"))] if missing else line

    def _heading(self, line: DiffLine) -> list[Line]:
        if line.kind == "hunk" and line.new <= 1 and not line.text:
            return []  # nothing is left out before a file's first line
        ink = {"file": "diff_file", "hunk": "diff_hunk", "note": "muted"}[line.kind]
        text = f"⋯ {line.text}".rstrip() if line.kind == "hunk" else line.text
        return chop([(expand_tabs(text), self._inks("text", ink))], self._width)

    def _half(self, line: DiffLine, number: int, width: int) -> list[Line]:
        """One side of one line: number, sign, text, on the side's background to the edge."""
        sign = {"add": "+", "remove": "-"}.get(line.kind, " ")
        style = self._inks("text", f"diff_{line.kind}")
        label = self._inks("text", f"diff_{line.kind}", "diff_number")
        lead = f"{number:>{self._digits}} "
        room = max(1, width - len(lead) - 2)
        found: list[Line] = []
        for part in chop([(expand_tabs(line.text), style)], room):
            numbered = lead if not found else " " * len(lead)
            padding = Drawn(" " * (room - width_of(part)), style)
            mark = (Drawn if found else Segment)(f"{sign} ", style)
            found.append(
                [Drawn(numbered, label), mark, *part, *([padding] if padding.text else [])]
            )
        return found
