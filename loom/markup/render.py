"""Blocks to lines of an exact width, in the inks of one theme."""

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style

from loom.markup.blocks import (
    Block,
    Bullets,
    Code,
    Heading,
    Html,
    Item,
    Paragraph,
    Quote,
    Rule,
    Spans,
    Table,
)
from loom.markup.clean import expand_tabs, safe_link
from loom.markup.code import CodePainter
from loom.markup.drawn import Aside, Drawn
from loom.markup.ink import BLANK, Inks, Line
from loom.markup.table import Columns, table_lines
from loom.markup.wrap import Run, chop, wrap

_BULLETS = ("•", "◦", "▪")
_QUOTE_BAR = "▎ "
_TASK_MARKS = {True: "☑", False: "☐"}
_NARROWEST = 8
_TAKES_ALL = (Code, Table, Html)

READABLE = 100
"""Cells of a line of prose at most, however wide the screen: the eye finds the next line."""


def room_for(block: Block, width: int) -> int:
    """The cells a block takes of `width`: what is not prose takes all."""
    return width if isinstance(block, _TAKES_ALL) else min(width, READABLE)


class Renderer:
    """Renders blocks for one screen; keeps what a growing code block was painted from.

    Attributes:
        inks: the styles in use.
    """

    def __init__(self, inks: Inks) -> None:
        self.inks = inks
        self._code = CodePainter(inks)

    def render(self, blocks: Iterable[Block], width: int) -> list[Line]:
        """A whole document: blocks with a blank line between them."""
        return self._stack(blocks, width, (), is_tight=False, depth=0)

    def block(self, block: Block, width: int) -> list[Line]:
        """One top-level block."""
        return self._block(block, room_for(block, width), (), 0)

    def plain(self, text: str, width: int, *names: str) -> list[Line]:
        """Text that is not markdown, already made visible: its own line ends, wrapped by words."""
        style, width = self.inks("text", *names), min(width, READABLE)
        lines: list[Line] = []
        for line in text.split("\n"):
            lines.extend(wrap([(expand_tabs(line), style)], width) or [[]])
        return lines

    def _stack(
        self,
        blocks: Iterable[Block],
        width: int,
        names: tuple[str, ...],
        *,
        is_tight: bool,
        depth: int,
    ) -> list[Line]:
        lines: list[Line] = []
        for block in blocks:
            body = self._block(block, room_for(block, width), names, depth)
            if lines and body and not is_tight:
                lines.append(BLANK)
            lines.extend(body)
        return lines

    def _block(self, block: Block, width: int, names: tuple[str, ...], depth: int) -> list[Line]:
        match block:
            case Paragraph(spans):
                return wrap(self.runs(spans, names), width)
            case Heading(level, spans):
                return wrap(self.runs(spans, (*names, f"heading{min(level, 3)}")), width)
            case Code(text, language):
                return self._code.lines(text, language, width)
            case Quote(inner):
                return self._quote(inner, width, names, depth)
            case Bullets():
                return self._list(block, width, names, depth)
            case Table():
                return self._table(block, width, names)
            case Rule():
                return [[Aside("─" * width, self.inks("text", "rule"))]]
            case Html(text):
                return self._html(text, width)

    def _quote(
        self, blocks: Iterable[Block], width: int, names: tuple[str, ...], depth: int
    ) -> list[Line]:
        bar = Drawn(_QUOTE_BAR, self.inks("text", "quote_bar"))
        inner = max(_NARROWEST, width - len(_QUOTE_BAR))
        lines = self._stack(blocks, inner, (*names, "quote"), is_tight=False, depth=depth)
        return [[bar, *line] for line in lines]

    def _list(self, block: Bullets, width: int, names: tuple[str, ...], depth: int) -> list[Line]:
        frame = ListFrame(self, block, width, names, depth)
        lines: list[Line] = []
        for at in range(len(block.items)):
            if lines and not block.is_tight:
                lines.append(BLANK)
            lines.extend(frame.lines(at))
        return lines

    def frame_of(self, block: Bullets, width: int) -> "ListFrame":
        """How the items of a list at the top level are shown."""
        return ListFrame(self, block, width, (), 0)

    def item(
        self, item: Item, width: int, names: tuple[str, ...], *, is_tight: bool, depth: int
    ) -> list[Line]:
        """What is in an item of a list."""
        return self._stack(item.blocks, width, names, is_tight=is_tight, depth=depth)

    def _table(self, block: Table, width: int, names: tuple[str, ...]) -> list[Line]:
        header = [self.runs(cell, (*names, "table_header")) for cell in block.header]
        rows = [self.cells(row, names) for row in block.rows]
        return table_lines(header, rows, block.alignments, width, self.inks)

    def columns_of(self, block: Table, width: int) -> Columns:
        """The columns of a table at the top level, before any row."""
        header = [self.runs(cell, ("table_header",)) for cell in block.header]
        return Columns(header, block.alignments, width, self.inks)

    def cells(self, row: Sequence[Spans], names: tuple[str, ...] = ()) -> Sequence[Sequence[Run]]:
        """A row's cells in their styles."""
        return [self.runs(cell, names) for cell in row]

    def _html(self, text: str, width: int) -> list[Line]:
        style = self.inks("text", "html")
        lines: list[Line] = []
        for line in text.split("\n"):
            lines.extend(chop([(expand_tabs(line), style)], width))
        return lines

    def runs(self, spans: Spans, names: tuple[str, ...] = ()) -> list[Run]:
        """Spans in their styles."""
        return [
            (expand_tabs(span.text), self._style(names, span.marks, span.link)) for span in spans
        ]

    def _style(self, names: Sequence[str], marks: tuple[str, ...], link: str) -> Style:
        if not link:
            return self.inks("text", *names, *marks)
        style = self.inks("text", *names, *marks, "link")
        target = safe_link(link)
        return style + Style(link=target) if target else style


class ListFrame:
    """The marks beside a list's items and the room that is left for them.

    Attributes:
        indent: cells that marks take.
    """

    def __init__(
        self, renderer: Renderer, block: Bullets, width: int, names: tuple[str, ...], depth: int
    ) -> None:
        last = 0 if block.start is None else block.start + len(block.items) - 1
        self.indent = 2 if block.start is None else len(f"{last}. ")
        self._renderer = renderer
        self._block = block
        self._inner = max(_NARROWEST, width - self.indent)
        self._names = names
        self._depth = depth
        self._blank = Segment(" " * self.indent, renderer.inks("text"))
        self._style = renderer.inks("text", "list_mark")

    def lines(self, at: int) -> list[Line]:
        """One item beside its mark."""
        item, depth = self._block.items[at], self._depth + 1
        body = self._renderer.item(
            item, self._inner, self._names, is_tight=self._block.is_tight, depth=depth
        )
        first, *rest = body or [[]]
        mark = Segment(f"{self._mark(at, item):>{self.indent - 1}} ", self._style)
        return [[mark, *first], *([self._blank, *line] if line else line for line in rest)]

    def _mark(self, at: int, item: Item) -> str:
        if item.is_done is not None:
            return _TASK_MARKS[item.is_done]
        if self._block.start is not None:
            return f"{self._block.start + at}."
        return _BULLETS[self._depth % len(_BULLETS)]
