"""Items one below the other, rendered only where they are looked at.

An item that was never in view has a guessed height; once rendered its height is exact for that
width, and stays known after its lines were dropped.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from loom.markup.ink import BLANK, Line
from loom.widgets.transcript.heights import Heights
from loom.widgets.transcript.item import Item, Page

GUTTER = 2
_KEPT = 60


class Change(Struct):
    """What became different: lines `first` to `last` (exclusive), and by how many it grew."""

    first: int
    last: int
    growth: int


class _Rendered:
    """An item's lines, with its gap, and those that were made strips."""

    __slots__ = ("lines", "strips")

    def __init__(self, lines: list[Line], strips: list[Strip | None]) -> None:
        self.lines = lines
        self.strips = strips


class Flow:
    """The items of a transcript as one run of lines.

    Attributes:
        items: top to bottom; changed only through the methods.
    """

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._places: dict[Item, int] = {}
        self._heights = Heights()
        self._is_exact: list[bool] = []
        self._rendered: OrderedDict[Item, _Rendered] = OrderedDict()
        self._slipped: dict[Item, int] = {}
        self._page: Page | None = None

    @property
    def height(self) -> int:
        """Lines in all, guessed ones included."""
        return self._heights.total

    def turn(self, page: Page) -> None:
        """Render for `page` from now on; another width or fold makes all heights guesses."""
        old, self._page = self._page, page
        if old is None or (old.width, old.diff_lines) != (page.width, page.diff_lines):
            self._rendered.clear()
            self._restack(0)
        elif old.renderer is not page.renderer:
            self._rendered.clear()

    def append(self, item: Item) -> None:
        """Add an item at the end."""
        self._places[item] = len(self.items)
        self.items.append(item)
        self._heights.append(self._guess(len(self.items) - 1))
        self._is_exact.append(False)

    def replace(self, items: Sequence[Item]) -> None:
        """Hold `items` and nothing else."""
        self.items = list(items)
        self._rendered.clear()
        self._slipped.clear()
        self._restack(0)

    def remove(self, items: Iterable[Item]) -> None:
        """Take items out; what follows them moves up."""
        gone = {item for item in items if item in self._places}
        if not gone:
            return
        first = min(self._places[item] for item in gone)
        for item in gone:
            self._rendered.pop(item, None)
            self._slipped.pop(item, None)
        self.items[first:] = [item for item in self.items[first:] if item not in gone]
        self._restack(first)

    def place(self, item: Item) -> int | None:
        """The index of an item that is in the flow."""
        return self._places.get(item)

    def at(self, line: int) -> int | None:
        """The index of the item that holds a line."""
        return self._heights.find(line) if self.items and line < self.height else None

    def top(self, index: int) -> int:
        """An item's first line, its gap included."""
        return self._heights.top(index)

    def body(self, index: int) -> int:
        """An item's first line below its gap."""
        return self._heights.top(index) + self._gap(index)

    def bottom(self, index: int) -> int:
        """The line after an item's last."""
        return self._heights.top(index) + self._heights[index]

    @property
    def width(self) -> int:
        """Cells of a line, the gutter not counted; 0 before there is a page."""
        return self._page.width if self._page else 0

    def gap(self, index: int) -> int:
        """Blank lines above an item."""
        return self._gap(index)

    def lines_of(self, index: int) -> list[Line]:
        """An item's lines without its gap, rendered or not: nothing of the flow changes."""
        rendered = self._rendered.get(self.items[index])
        if rendered is not None:
            return rendered.lines[self._gap(index) :]
        return self.items[index].lines(self._page) if self._page else []

    def height_of(self, index: int) -> int:
        """An item's lines, its gap included."""
        return self._heights[index]

    def first_guess(self, line: int, count: int) -> int | None:
        """The first item in a stretch of lines whose height is not yet exact."""
        index = self.at(line)
        if index is None:
            return None
        end, y = line + count, self.top(index)
        while index < len(self.items) and y < end:
            if not self._is_exact[index]:
                return index
            y += self._heights[index]
            index += 1
        return None

    def nearest_guess(self, line: int, count: int, reach: int, most: int) -> int | None:
        """The item nearest to a stretch of lines whose height is guessed, to be `most` at most.

        Args:
            reach: items looked at before the stretch, and after it.
        """
        first, last = self.at(line), self.at(min(line + count, self.height) - 1)
        if first is None or last is None:
            return None
        for step in range(reach):
            for index in (last + step, first - step):
                is_there = 0 <= index < len(self.items)
                if is_there and not self._is_exact[index] and self._heights[index] <= most:
                    return index
        return None

    def weigh(self, index: int) -> int:
        """Make an item's height exact and keep nothing of it; its growth."""
        change = self.measure(index)
        self._rendered.pop(self.items[index], None)
        self.items[index].forget()
        return change.growth

    def guess_again(self, index: int) -> int:
        """An item out of view changed: a new guess in place of rendering; its growth."""
        self._rendered.pop(self.items[index], None)
        self._is_exact[index] = False
        return self._heights.set(index, self._guess(index))

    def measure(self, index: int) -> Change:
        """Render an item; what of it differs from before, or from when it was last measured."""
        item = self.items[index]
        change = self._measure(index)
        if item in self._slipped:
            top, growth = self.top(index), self._slipped.pop(item)
            return Change(top, self.bottom(index), change.growth + growth)
        return change

    def _measure(self, index: int) -> Change:
        item, page = self.items[index], self._page
        if page is None:
            return Change(0, 0, 0)
        old = self._rendered.get(item)
        lines = [BLANK] * self._gap(index) + item.lines(page)
        self._is_exact[index] = True
        growth = self._heights.set(index, len(lines))
        top = self.top(index)
        if old is None:
            self._rendered[item] = _Rendered(lines, [None] * len(lines))
            return Change(top, top + len(lines), growth)
        first, last = _difference(old.lines, lines)
        strips = [*old.strips[:first], *([None] * (len(lines) - first))]
        if len(lines) == len(old.lines):
            strips[last:] = old.strips[last:]
        self._rendered[item] = _Rendered(lines, strips)
        return Change(top + first, top + last, growth)

    def strips(self, first: int, count: int, chosen: Item | None) -> Iterator[Strip]:
        """Lines as strips of the page's full width; `chosen` has the cursor in its gutter."""
        index = self.at(first)
        while index is not None and index < len(self.items) and count > 0:
            if not self._is_exact[index] or self.items[index] not in self._rendered:
                self._slip(index)
            item, top = self.items[index], self.top(index)
            rendered = self._rendered[item]
            self._rendered.move_to_end(item)
            skip = max(0, first - top)
            stop = min(len(rendered.lines), skip + count)
            for at in range(skip, stop):
                yield self._strip(item, rendered, at, is_chosen=item is chosen)
            first, count, index = first + stop - skip, count - (stop - skip), index + 1

    def _slip(self, index: int) -> None:
        """Render an item while painting: a part of it at most is seen, so it still is changed."""
        item = self.items[index]
        self._slipped[item] = self._slipped.get(item, 0) + self._measure(index).growth

    def trim(self) -> None:
        """Drop the lines of items that were not looked at for longest."""
        while len(self._rendered) > _KEPT:
            item, _ = self._rendered.popitem(last=False)
            item.forget()

    def _strip(self, item: Item, rendered: _Rendered, at: int, *, is_chosen: bool) -> Strip:
        line = rendered.lines[at]
        is_gap = line is BLANK and at == 0 and len(rendered.lines) > 1
        if is_chosen and not is_gap:
            return self._dressed(line, "▌", "cursor")
        strip = rendered.strips[at]
        if strip is None:
            sign, ink = (" ", "text") if is_gap else item.bar
            strip = rendered.strips[at] = self._dressed(line, sign, ink)
        return strip

    def _dressed(self, line: Line, sign: str, ink: str) -> Strip:
        """A line with its gutter, filled up to the page's width."""
        if self._page is None:
            return Strip.blank(0)
        inks, width = self._page.inks, GUTTER + self._page.width
        base: Style = inks("text")
        gutter = Segment(sign.ljust(GUTTER), inks("text", ink))
        return Strip([gutter, *line]).adjust_cell_length(width, base)

    def _gap(self, index: int) -> int:
        if index == 0:
            return 0
        return 0 if self.items[index].is_card and self.items[index - 1].is_card else 1

    def _guess(self, index: int) -> int:
        width = self._page.width if self._page else 80
        return self._gap(index) + self.items[index].estimate(width)

    def _restack(self, first: int) -> None:
        """Stack the items from `first` on anew, their heights guessed unless they are rendered."""
        self._heights.truncate(first)
        del self._is_exact[first:]
        self._places = {item: at for at, item in enumerate(self.items)}
        for index in range(first, len(self.items)):
            self._rendered.pop(self.items[index], None)
            self._heights.append(self._guess(index))
            self._is_exact.append(False)


def _difference(old: Sequence[Line], new: Sequence[Line]) -> tuple[int, int]:
    """The lines of `new` from the first to the last that differ from `old`."""
    shared = min(len(old), len(new))
    first = 0
    while first < shared and (old[first] is new[first] or old[first] == new[first]):
        first += 1
    last = len(new)
    if len(old) == len(new):
        while last > first and (old[last - 1] is new[last - 1] or old[last - 1] == new[last - 1]):
            last -= 1
    return first, last
