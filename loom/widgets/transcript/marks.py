"""Where a text stands in lines, though a line was broken in the middle of it."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from loom.markup.copied import text_of
from loom.markup.drawn import Between, Broken, Wrapped
from loom.markup.ink import Line


class Mark(NamedTuple):
    """Characters `start` to `end` (exclusive) of a line."""

    line: int
    start: int
    end: int


class _Piece(NamedTuple):
    """What one line has of a text: from its character `column` on; `at` is where in the text."""

    line: int
    column: int
    at: int
    text: str


def marks(lines: Sequence[Line], pattern: "re.Pattern[str]") -> list[list[Mark]]:
    """Every occurrence, as its parts: one for each line that it is on."""
    found = []
    for pieces in _texts(lines):
        text = _joined(pieces)
        for hit in pattern.finditer(text):
            parts = [_part(piece, hit.start(), hit.end()) for piece in pieces]
            found.append([part for part in parts if part.end > part.start] or parts[:1])
    return found


def goes_on(line: Line) -> bool:
    """Whether a line goes on with the text of the one above."""
    return _joint(line) is not None


def _joint(line: Line) -> str | None:
    """What stood between a line and the one above; None where that is a line's end."""
    if any(isinstance(segment, Between) for segment in line):
        return None  # cells of a row go on each by itself
    for segment in line:
        if isinstance(segment, Wrapped | Broken):
            return " " if isinstance(segment, Wrapped) else ""
    return None


def _texts(lines: Sequence[Line]) -> Iterator[list[_Piece]]:
    """The pieces of each text that lines were broken from."""
    pieces: list[_Piece] = []
    for number, line in enumerate(lines):
        joint = _joint(line)
        if joint is None or not pieces:
            if pieces:
                yield pieces
            pieces = [_Piece(number, 0, 0, text_of(line).rstrip())]
        else:
            before, column = pieces[-1], _indent(line)
            at = before.at + len(before.text) + len(joint)
            pieces.append(_Piece(number, column, at, text_of(line)[column:].rstrip()))
    if pieces:
        yield pieces


def _indent(line: Line) -> int:
    """Characters of a line before that with which it goes on."""
    at = 0
    for segment in line:
        if isinstance(segment, Wrapped | Broken):
            break
        at += len(segment.text)
    return at


def _joined(pieces: Sequence[_Piece]) -> str:
    text = ""
    for piece in pieces:
        text = text.ljust(piece.at) + piece.text
    return text


def _part(piece: _Piece, start: int, end: int) -> Mark:
    last = piece.column + len(piece.text)
    begin = min(max(start - piece.at + piece.column, piece.column), last)
    return Mark(piece.line, begin, max(begin, min(end - piece.at + piece.column, last)))
