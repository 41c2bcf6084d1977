"""The blocks of code in an answer, each copied by a key."""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip

from loom.markup.copied import copied
from loom.markup.drawn import CodeLabel, Margin
from loom.markup.ink import Line
from loom.widgets.keys import way_now
from loom.widgets.transcript.copy_mode import CopyView
from loom.widgets.transcript.item import Item


class Block(NamedTuple):
    """Lines `first` to `last` (exclusive) of an item; the first may be the label."""

    first: int
    last: int


class CodeView(CopyView):
    """Items whose code is copied by a key; the label of the block that is next says so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy_code", "Copy the code", id="transcript.copy_code"),
    ]
    """
    | Key | Description |
    | :- | :- |
    | c | Copy the block of code in view; again, the one after it. |
    """

    _copied_block: tuple[Item, int] | None = None
    _hint_line: int | None = None

    def action_copy_code(self) -> None:
        """Copy a block of the item at the cursor, else of the last one in view that has any."""
        item = self._item_with_code()
        if item is None:
            self.notify("There is no block of code here.")
            return
        lines = self._flow.lines_of(self._flow.place(item) or 0)
        blocks, codes = list(blocks_of(lines)), item.codes()
        at = self._next_block(item, blocks)
        shown = copied(lines[blocks[at].first : blocks[at].last])
        self.app.copy_to_clipboard(codes[at] if len(codes) == len(blocks) else shown)
        self._copied_block = (item, at)
        self._choose(self._flow.place(item) or 0)
        self._bring_into_view(item, blocks[at])
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines, with a hint beside one of them."""
        item = self.marked
        blocks = self._blocks(item) if item is not None and self.caret is None else []
        self._hint_line = None
        if item is not None and blocks:
            first = blocks[self._next_block(item, blocks)].first
            self._hint_line = self._flow.body(self._flow.place(item) or 0) + first
        return super().render_lines(crop)

    def dressed(self, row: int, strip: Strip) -> Strip:
        """The hint stands at the right end of a label."""
        if self.top + row == self._hint_line:
            strip = self._with_copy_hint(strip)
        return super().dressed(row, strip)

    def _with_copy_hint(self, strip: Strip) -> Strip:
        key = way_now(self.app, "transcript.copy_code", "c")
        text = f" {key} copies "
        room = self.text_width - cell_len(text)
        if not key or strip.crop(room).text.strip():
            return strip
        hint = Segment(text, self.inks("text", "code_block", "code_label"))
        return Strip([*strip.crop(0, room), hint], strip.cell_length)

    def _refresh_chosen(self) -> None:
        """The cursor comes or goes, and with it a hint in the middle of the item."""
        super()._refresh_chosen()
        if self.chosen is not None and self._blocks(self.chosen):
            self.refresh()

    def _item_with_code(self) -> Item | None:
        if self.chosen is not None and self._blocks(self.chosen):
            return self.chosen
        bottom = self._flow.at(min(self._flow.height, self.top + self.size.height) - 1)
        top = self._flow.at(self.top)
        if bottom is None or top is None:
            return None
        items = reversed(self._flow.items[top : bottom + 1])
        return next((item for item in items if self._blocks(item)), None)

    def _blocks(self, item: Item) -> list[Block]:
        return list(blocks_of(self._flow.lines_of(self._flow.place(item) or 0)))

    def _next_block(self, item: Item, blocks: list[Block]) -> int:
        """After the one that was copied last, else the first that is in view."""
        if self._copied_block is not None and self._copied_block[0] is item:
            return (self._copied_block[1] + 1) % len(blocks)
        top = self.top - self._flow.body(self._flow.place(item) or 0)
        return next((at for at, block in enumerate(blocks) if block.last > top), len(blocks) - 1)

    def _bring_into_view(self, item: Item, block: Block) -> None:
        first = self._flow.body(self._flow.place(item) or 0) + block.first
        if not self.top <= first < self.top + self.size.height:
            self.go_to(first)


def blocks_of(lines: list[Line]) -> Iterator[Block]:
    """The blocks of code among an item's lines, from the top."""
    first: int | None = None
    for at, line in enumerate([*lines, []]):
        is_label = any(isinstance(segment, CodeLabel) for segment in line)
        is_code = is_label or any(isinstance(segment, Margin) for segment in line)
        if first is not None and (is_label or not is_code):
            yield Block(first, at)
            first = None
        if is_code and first is None:
            first = at
