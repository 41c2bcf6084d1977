"""The order in which a line of mixed directions stands on the screen.

Each line is resolved for itself, in its paragraph's base direction: a line that was shown stays as
it is, whatever follows. Imported when the first right-to-left text comes. Source: UAX #9, L2 to L4.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from loom.markup.directions import levels
from loom.markup.graphemes import graphemes
from loom.markup.ink import Line
from loom.markup.mirror import MIRRORED


class Reordered(str):
    """Text as it stands on the screen, of one direction and one style.

    Attributes:
        logical: the same text as it is read.
        start: characters of the line that are read before it.
        is_reversed: whether it runs from right to left.
    """

    __slots__ = ("is_reversed", "logical", "start")

    logical: str
    start: int
    is_reversed: bool

    @classmethod
    def of(cls, logical: str, start: int, *, is_reversed: bool) -> "Reordered":
        """A stretch of one direction, turned round if that is how it runs."""
        found = cls(_turned(logical) if is_reversed else logical)
        found.logical, found.start, found.is_reversed = logical, start, is_reversed
        return found

    @classmethod
    def padding(cls, size: int) -> "Reordered":
        """Cells that are no text: nothing of them is read or copied."""
        found = cls(" " * size)
        found.logical, found.start, found.is_reversed = "", 0, False
        return found

    @property
    def order(self) -> list[int]:
        """For each character, as it stands, the place in the line at which it is read."""
        if not self.is_reversed:
            return list(range(self.start, self.start + len(self.logical)))
        spans = reversed(graphemes(self.logical))
        return [self.start + at for start, end, _ in spans for at in range(start, end)]


def reordered(line: Line, base: int) -> Line:
    """A line in visual order: its segments hold text of one direction each, as `Reordered`."""
    text = "".join(segment.text for segment in line)
    found = levels(text, base)
    owners = [at for at, segment in enumerate(line) for _ in segment.text]
    units = [(found[start], owners[start], start, end) for start, end, _ in graphemes(text)]
    shown: Line = []
    for level, owner, start, end in _stretches(_visual(units)):
        piece = Reordered.of(text[start:end], start, is_reversed=bool(level % 2))
        shown.append(Segment(piece, line[owner].style))
    # A joiner that begins a line swallows what follows it, and would not elsewhere: left alone.
    is_as_wide = cell_len("".join(segment.text for segment in shown)) == cell_len(text)
    return shown if is_as_wide else line


def aligned(line: Line, width: int, size: int) -> Line:
    """A line of `size` cells moved to the right edge of `width` cells: there it is read from."""
    if size >= width or not line:
        return line
    style = line[0].style
    blank = Style(bgcolor=style.bgcolor if style else None)
    return [Segment(Reordered.padding(width - size), blank), *line]


def logical_text(line: Sequence[Segment], start: int = 0, end: int | None = None) -> str:
    """The characters from `start` to `end` of a line as it stands, in the order they are read.

    Text that is not `Reordered` divides the line: what stands left of it is read before it.
    """
    found: list[str] = []
    at = 0
    for is_reordered, group in groupby(line, lambda segment: isinstance(segment.text, Reordered)):
        pieces = [segment.text for segment in group]
        size = sum(map(len, pieces))
        begin, stop = max(0, start - at), size if end is None else max(0, end - at)
        found.append(_read(pieces, begin, stop) if is_reordered else "".join(pieces)[begin:stop])
        at += size
    return "".join(found)


def _read(pieces: Sequence[str], begin: int, stop: int) -> str:
    chosen: list[tuple[int, str]] = []
    at = 0
    for piece in pieces:
        if isinstance(piece, Reordered):
            places = piece.order[max(0, begin - at) : max(0, stop - at)]
            chosen.extend((place, piece.logical[place - piece.start]) for place in places)
        at += len(piece)
    return "".join(character for _, character in sorted(chosen))


def _turned(text: str) -> str:
    """Graphemes from the last to the first, mirrored: marks stay with their letter (L3, L4)."""
    pieces = [text[start:end] for start, end, _ in graphemes(text)]
    return "".join(MIRRORED.get(piece[0], piece[0]) + piece[1:] for piece in reversed(pieces))


Unit = tuple[int, int, int, int]
"""A level, the segment that styles it, and the characters from one to another."""


def _visual(units: list[Unit]) -> list[Unit]:
    """L2: from the highest level to the lowest odd one, what is at least at it is reversed."""
    highest = max((unit[0] for unit in units), default=0)
    for level in range(highest, 0, -1):
        units = _turned_from(level, units)
    return units


def _turned_from(level: int, units: list[Unit]) -> list[Unit]:
    found: list[Unit] = []
    for is_inside, group in groupby(units, lambda unit: unit[0] >= level):
        found.extend(list(group)[:: -1 if is_inside else 1])
    return found


def _stretches(units: list[Unit]) -> Iterator[Unit]:
    """Units that stand beside each other, are read one after the other and look alike, as one."""
    last: Unit | None = None
    for unit in units:
        level, owner, start, end = unit
        if last is not None and last[:2] == (level, owner) and start == last[3]:
            last = (level, owner, last[2], end)
        elif last is not None and last[:2] == (level, owner) and level % 2 and end == last[2]:
            last = (level, owner, start, last[3])
        else:
            if last is not None:
                yield last
            last = unit
    if last is not None:
        yield last
