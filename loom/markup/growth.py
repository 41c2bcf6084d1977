"""Blocks that are rendered while they grow: their sure lines stay, and only what follows is made.

A line is sure once another one stands below it. Each class holds the lines of one block for one
renderer and width; `update` brings them up to the block as it is now.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from loom.markup.blocks import Block, Bullets, Code, Heading, Item, Paragraph, Span, Spans, Table
from loom.markup.code import PaintedCode
from loom.markup.drawn import Broken, Wrapped, joined
from loom.markup.ink import BLANK, Line
from loom.markup.render import Renderer, room_for
from loom.markup.table import Columns, Row
from loom.markup.wrap import directed, has_right_to_left, laid


class Growth:
    """A block of any kind, made anew each time it is another.

    Attributes:
        lines: the block as it was last shown.
    """

    def __init__(self, renderer: Renderer, width: int) -> None:
        self.lines: list[Line] = []
        self._renderer = renderer
        self._width = width
        self._shown: Block | None = None

    def fits(self, block: Block) -> bool:
        """Whether `block` is of the kind that is shown."""
        return _KINDS.get(type(block), Growth) is type(self)

    def update(self, block: Block) -> int:
        """Show `block`; how many lines at the start are the same objects as before."""
        if block is self._shown:
            return len(self.lines)
        self._shown = block
        return self.grow(block)

    def grow(self, block: Block) -> int:
        """`update`, for a block that is another one than before."""
        self.lines = self._renderer.block(block, self._width)
        return 0


class GrowingText(Growth):
    """A paragraph or a heading: wrapped from the start of its last line on."""

    def __init__(self, renderer: Renderer, width: int) -> None:
        super().__init__(renderer, width)
        self._names: tuple[str, ...] = ()
        self._spans: Spans = ()
        self._starts: list[tuple[int, int]] = []
        self._base: int | None = None

    def grow(self, block: Block) -> int:
        """Wrap on from the last line that is sure to begin where it did."""
        if not isinstance(block, Paragraph | Heading):
            return 0
        names = (f"heading{min(block.level, 3)}",) if isinstance(block, Heading) else ()
        # The words that gave the paragraph its direction may have become a table's head.
        base = None if self._base is None else _base_of(block.spans)
        if names != self._names or base != self._base:
            self._names, self._spans, self._starts, self._base = names, (), [], base
        stayed = self._stayed(block.spans)
        index, offset = self._starts[stayed] if stayed < len(self._starts) else (0, 0)
        rest = block.spans[index:]
        if self._base is None and any(has_right_to_left(span.text) for span in rest):
            self._base = _base_of(block.spans)
            stayed, index, offset = (0, 0, 0) if self._base else (stayed, index, offset)
        self._lay(block.spans[index:], stayed, index, offset)
        self._spans = block.spans
        return stayed

    def _lay(self, rest: Spans, stayed: int, index: int, offset: int) -> None:
        runs = self._renderer.runs(rest, self._names)
        runs[:1] = [(text[offset:], style) for text, style in runs[:1]]
        lines, ranges = laid(runs, self._width, is_whole=not stayed)
        if stayed and not ranges:
            # The last line is the empty one behind a break, and nothing was added to it.
            lines, ranges = [[]], [(0, 0)]
        if self._base is not None:
            lines = directed(lines, self._width, self._base)
        lines = joined(lines, "".join(text for text, _ in runs), ranges)
        self.lines[stayed:] = self._going_on(lines, stayed)
        ends = list(accumulate(len(text) for text, _ in runs))
        del self._starts[stayed:]
        for start, _ in ranges:
            at = min(bisect_right(ends, start), len(ends) - 1)
            begin = ends[at - 1] if at else -offset
            self._starts.append((index + at, start - begin))

    def _going_on(self, lines: list[Line], stayed: int) -> list[Line]:
        """The first of `lines` begins where one did before, and goes on from the same place."""
        old = self.lines[stayed] if stayed < len(self.lines) else []
        if stayed and old and lines and lines[0] and isinstance(old[0], Wrapped | Broken):
            first = lines[0][0]
            lines[0] = [type(old[0])(first.text, first.style), *lines[0][1:]]
        return lines

    def _stayed(self, spans: Spans) -> int:
        """Lines that are sure: all but the last where text was added, else those well before."""
        last = len(self._spans) - 1
        if last < 0:
            return 0
        is_known = self._spans[:last] == spans[:last]
        if is_known and len(spans) > last and _is_start(self._spans[last], spans[last]):
            return max(0, len(self._starts) - 1)
        shared = zip(self._spans, spans, strict=False)
        first = next((at for at, (old, new) in enumerate(shared) if old != new), len(spans))
        # A word that became shorter may now find room on the line before.
        return max(0, bisect_right(self._starts, (first, 0)) - 2)


class GrowingList(Growth):
    """A list: items that did not change keep their lines."""

    def __init__(self, renderer: Renderer, width: int) -> None:
        super().__init__(renderer, width)
        self._items: tuple[Item, ...] = ()
        self._tops: list[int] = []
        self._of: tuple[object, ...] = ()

    def grow(self, block: Block) -> int:
        """Render items from the first that changed on."""
        if not isinstance(block, Bullets):
            return 0
        frame = self._renderer.frame_of(block, self._width)
        if (kind := (block.start, block.is_tight, frame.indent)) != self._of:
            self._of, self._items, self._tops = kind, (), []
        first = _shared(self._items, block.items)
        stayed = self._tops[first] if first < len(self._tops) else len(self.lines) * bool(first)
        lines = self.lines[:stayed]
        del self._tops[first:]
        for at in range(first, len(block.items)):
            self._tops.append(len(lines))
            if lines and not block.is_tight:
                lines.append(BLANK)
            lines.extend(frame.lines(at))
        self._items, self.lines = block.items, lines
        return stayed


class GrowingTable(Growth):
    """A table: rows that did not change keep their lines while the columns keep their widths."""

    def __init__(self, renderer: Renderer, width: int) -> None:
        super().__init__(renderer, width)
        self._columns: Columns | None = None
        self._head: tuple[object, ...] = ()
        self._rows: tuple[tuple[Spans, ...], ...] = ()
        self._tops: list[int] = []

    def grow(self, block: Block) -> int:
        """Render rows from the first that changed on; all, where a column grew."""
        if not isinstance(block, Table):
            return 0
        columns = self._columns
        head = (block.header, block.alignments)
        if columns is None or head != self._head:
            columns = self._columns = self._renderer.columns_of(block, self._width)
            self._head, self._rows = head, ()
        first = min(columns.count, _shared(self._rows, block.rows))
        rows = [self._renderer.cells(row) for row in block.rows[first:]]
        is_same = first == columns.count and columns.extend(rows, first) and self._tops
        if not is_same:
            first, rows = 0, [self._renderer.cells(row) for row in block.rows]
            columns.extend(rows, 0)
        self._rows = block.rows
        return self._render(columns, rows, first) if is_same else self._render(columns, rows, 0)

    def _render(self, columns: Columns, rows: Sequence[Row], first: int) -> int:
        # Rows may also have become fewer: then nothing follows those that stay.
        end = self._tops[first] if first < len(self._tops) else len(self.lines)
        stayed = end if first else 0
        lines = self.lines[:stayed] if first else columns.head()
        del self._tops[first:]
        for row in rows or columns.instead_of_rows:
            self._tops.append(len(lines))
            lines.extend(columns.row(row, is_first=not lines))
        self.lines = lines
        return stayed


class GrowingCode(Growth):
    """Code: complete lines are highlighted once."""

    def __init__(self, renderer: Renderer, width: int) -> None:
        super().__init__(renderer, width)
        self._painted: PaintedCode | None = None
        self._language = ""

    def grow(self, block: Block) -> int:
        """Paint the new lines."""
        if not isinstance(block, Code):
            return 0
        painted, stayed = self._painted, 0
        if painted and self._language == block.language and painted.is_prefix_of(block.text):
            stayed = painted.sure
        else:
            painted = PaintedCode(block.language, self._width, self._renderer.inks)
        self._painted, self._language = painted, block.language
        self.lines = painted.extend(block.text)
        return stayed


_KINDS: dict[type, type[Growth]] = {
    Paragraph: GrowingText,
    Heading: GrowingText,
    Bullets: GrowingList,
    Table: GrowingTable,
    Code: GrowingCode,
}


def growth_of(block: Block, renderer: Renderer, width: int) -> Growth:
    """What shows a block of this kind."""
    return _KINDS.get(type(block), Growth)(renderer, room_for(block, width))


def _is_start(old: Span, new: Span) -> bool:
    return old.marks == new.marks and old.link == new.link and new.text.startswith(old.text)


def _shared(old: tuple[object, ...], new: tuple[object, ...]) -> int:
    """How many parts at the start are the same."""
    most = min(len(old), len(new))
    for count in (most, most - 1):
        if count >= 0 and old[:count] == new[:count]:
            return count
    return next(at for at in range(most) if old[at] != new[at])


def _base_of(spans: Spans) -> int:
    from loom.markup.directions import base_level

    return base_level("".join(span.text for span in spans))
