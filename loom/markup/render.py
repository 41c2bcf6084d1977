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
from loom.markup.ink import Inks, Line
from loom.markup.table import table_lines
from loom.markup.wrap import Run, chop, wrap

_BULLETS = ("•", "◦", "▪")
_QUOTE_BAR = "▎ "
_TASK_MARKS = {True: "☑", False: "☐"}
_NARROWEST = 8


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
        return self._block(block, width, (), 0)

    def plain(self, text: str, width: int, *names: str) -> list[Line]:
        """Text that is not markdown, already made visible: its own line ends, wrapped by words."""
        style = self.inks("text", *names)
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
            if lines and not is_tight:
                lines.append([])
            lines.extend(self._block(block, width, names, depth))
        return lines

    def _block(self, block: Block, width: int, names: tuple[str, ...], depth: int) -> list[Line]:
        match block:
            case Paragraph(spans):
                return wrap(self._runs(spans, names), width)
            case Heading(level, spans):
                return wrap(self._runs(spans, (*names, f"heading{min(level, 3)}")), width)
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
        marks = [self._mark(block, at, item, depth) for at, item in enumerate(block.items)]
        indent = max((len(mark) for mark in marks), default=1) + 1
        inner = max(_NARROWEST, width - indent)
        style = self.inks("text", "list_mark")
        blank = Segment(" " * indent, self.inks("text"))
        lines: list[Line] = []
        for mark, item in zip(marks, block.items, strict=True):
            if lines and not block.is_tight:
                lines.append([])
            body = self._stack(item.blocks, inner, names, is_tight=block.is_tight, depth=depth + 1)
            first, *rest = body or [[]]
            lines.append([Segment(f"{mark:>{indent - 1}} ", style), *first])
            lines.extend([blank, *line] if line else line for line in rest)
        return lines

    @staticmethod
    def _mark(block: Bullets, at: int, item: Item, depth: int) -> str:
        if item.is_done is not None:
            return _TASK_MARKS[item.is_done]
        if block.start is not None:
            return f"{block.start + at}."
        return _BULLETS[depth % len(_BULLETS)]

    def _table(self, block: Table, width: int, names: tuple[str, ...]) -> list[Line]:
        header = [self._runs(cell, (*names, "table_header")) for cell in block.header]
        rows = [[self._runs(cell, names) for cell in row] for row in block.rows]
        return table_lines(header, rows, block.alignments, width, self.inks)

    def _html(self, text: str, width: int) -> list[Line]:
        style = self.inks("text", "html")
        lines: list[Line] = []
        for line in text.split("\n"):
            lines.extend(chop([(expand_tabs(line), style)], width))
        return lines

    def _runs(self, spans: Spans, names: tuple[str, ...]) -> list[Run]:
        return [
            (expand_tabs(span.text), self._style(names, span.marks, span.link)) for span in spans
        ]

    def _style(self, names: Sequence[str], marks: tuple[str, ...], link: str) -> Style:
        if not link:
            return self.inks("text", *names, *marks)
        style = self.inks("text", *names, *marks, "link")
        target = safe_link(link)
        return style + Style(link=target) if target else style
