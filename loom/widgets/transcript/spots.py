"""Places in a flow that stay on their text: by item and line of it, whatever is above them."""

from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

from loom.markup.copied import copied, part, text_of
from loom.markup.drawn import Broken, Drawn
from loom.markup.ink import Line
from loom.widgets.transcript.flow import Flow
from loom.widgets.transcript.item import Item


class Spot(NamedTuple):
    """A character.

    Attributes:
        line: of the item; -1 is the blank line above it.
        column: characters of the line before it, the gutter not counted.
    """

    item: Item
    line: int
    column: int


Span = tuple[Spot, Spot]
"""From a spot to one after it; the column of the second one is not part of it."""


class Spots:
    """Finds spots in a flow, goes on from one to the next, and reads what is between two."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def at(self, line: int, cell: int) -> Spot | None:
        """The character at a cell of a line of the flow; of one past the end, the last line's."""
        line = min(max(0, line), self._flow.height - 1)
        index = self._flow.at(line) if line >= 0 else None
        if index is None:
            return None
        spot = Spot(self._flow.items[index], line - self._flow.body(index), 0)
        return spot._replace(column=column_at(self.text(spot), cell))

    def is_there(self, spot: Spot) -> bool:
        """Whether its item is still in the flow."""
        return self._flow.place(spot.item) is not None

    def place(self, spot: Spot) -> tuple[int, int, int]:
        """What spots are sorted by."""
        return (self._flow.place(spot.item) or 0, spot.line, spot.column)

    def line_of(self, spot: Spot) -> int:
        """The line of the flow it is on now."""
        index = self._flow.place(spot.item) or 0
        return self._flow.body(index) + min(spot.line, self._count(index) - 1)

    def text(self, spot: Spot) -> str:
        """All that its line shows."""
        lines = self._flow.lines_of(self._flow.place(spot.item) or 0)
        return text_of(lines[spot.line]) if 0 <= spot.line < len(lines) else ""

    def line(self, spot: Spot) -> Line:
        """Its line."""
        lines = self._flow.lines_of(self._flow.place(spot.item) or 0)
        return lines[spot.line] if 0 <= spot.line < len(lines) else []

    def whole_line(self, spot: Spot) -> tuple[Line, int]:
        """The line it is on before that was broken within words, and the spot's place in that.

        What is drawn is left out: an address over two lines is one again.
        """
        lines = self._flow.lines_of(self._flow.place(spot.item) or 0)
        first = min(max(0, spot.line), len(lines) - 1)
        last = first + 1
        while first > 0 and _goes_on(lines[first]):
            first -= 1
        while last < len(lines) and _goes_on(lines[last]):
            last += 1
        texts = [[s for s in line if not isinstance(s, Drawn)] for line in lines[first:last]]
        before = [s for line in texts[: spot.line - first] for s in line]
        own = [s for s in part(self.line(spot), 0, spot.column) if not isinstance(s, Drawn)]
        column = len(text_of(before)) + len(text_of(own))
        return [segment for line in texts for segment in line], column

    def below(self, spot: Spot) -> Spot | None:
        """The same column one line further down."""
        index = self._flow.place(spot.item) or 0
        if spot.line + 1 < self._count(index):
            return spot._replace(line=spot.line + 1)
        if index + 1 >= len(self._flow.items):
            return None
        return Spot(self._flow.items[index + 1], -self._flow.gap(index + 1), spot.column)

    def above(self, spot: Spot) -> Spot | None:
        """The same column one line further up."""
        index = self._flow.place(spot.item) or 0
        if spot.line > -self._flow.gap(index):
            return spot._replace(line=spot.line - 1)
        if index == 0:
            return None
        return Spot(self._flow.items[index - 1], self._count(index - 1) - 1, spot.column)

    def first(self) -> Spot:
        """Where the flow begins."""
        return Spot(self._flow.items[0], 0, 0)

    def last(self) -> Spot:
        """The flow's last line."""
        index = len(self._flow.items) - 1
        return Spot(self._flow.items[index], self._count(index) - 1, 0)

    def whole(self, item: Item) -> Span:
        """An item from its first character to its last."""
        end = Spot(item, self._count(self._flow.place(item) or 0) - 1, 0)
        return Spot(item, 0, 0), end._replace(column=len(self.text(end)))

    def copied(self, span: Span, *, as_markdown: bool = False) -> str:
        """What is between two spots; items of which there is nothing to copy leave no gap."""
        found = ""
        first, last = (self._flow.place(spot.item) or 0 for spot in span)
        for index in range(first, last + 1):
            text = self._of_item(index, span, as_markdown=as_markdown)
            if text.strip("\n"):
                found += ("\n\n" if self._flow.gap(index) else "\n") * bool(found) + text
        return found

    def weight(self, spot: Spot) -> int:
        """Characters of its item before it that no width of the page changes."""
        lines = self._flow.lines_of(self._flow.place(spot.item) or 0)
        before = [*lines[: max(0, spot.line)], part(self.line(spot), 0, spot.column)]
        return sum(map(_weight, before))

    def weighing(self, item: Item, weight: int) -> Spot:
        """The spot of an item that has so much before it."""
        for at, line in enumerate(self._flow.lines_of(self._flow.place(item) or 0)):
            size = _weight(line)
            if weight < size:
                return Spot(item, at, _column_of(line, weight))
            weight -= size
        return self.whole(item)[1]

    def _count(self, index: int) -> int:
        return max(1, len(self._flow.lines_of(index)))

    def _of_item(self, index: int, span: Span, *, as_markdown: bool) -> str:
        item, lines = self._flow.items[index], self._flow.lines_of(index)
        start, end = span
        begin = max(0, start.line) if item is start.item else 0
        stop = end.line + 1 if item is end.item else len(lines)
        if as_markdown and (source := item.source(begin, stop)):
            return source
        chosen = lines[begin:stop]
        if chosen and item is end.item:
            chosen[-1] = part(chosen[-1], 0, end.column)
        if chosen and item is start.item and start.line >= 0:
            chosen[0] = part(chosen[0], start.column, len(text_of(chosen[0])))
        return copied(chosen)


def column_at(text: str, cell: int) -> int:
    """How many characters of `text` stand left of a cell."""
    used = 0
    for at, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > cell:
            return at
    return len(text)


def cell_of(text: str, column: int) -> int:
    """Cells that the characters before a column take."""
    return cell_len(text[:column])


def _goes_on(line: Line) -> bool:
    return any(isinstance(segment, Broken) for segment in line)


def _weight(line: Line) -> int:
    return sum(
        len("".join(segment.text.split())) for segment in line if not isinstance(segment, Drawn)
    )


def _column_of(line: Line, weight: int) -> int:
    """The column of the character of a line that has so many that count before it."""
    at = 0
    for segment in line:
        if not isinstance(segment, Drawn):
            for place, character in enumerate(segment.text):
                if not character.isspace():
                    if weight == 0:
                        return at + place
                    weight -= 1
        at += len(segment.text)
    return at
