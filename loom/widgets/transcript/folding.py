"""What is folded at the cursor names the key that opens it."""

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from loom.markup.drawn import Drawn
from loom.markup.ink import Line
from loom.widgets.keys import way_now
from loom.widgets.transcript.code_blocks import CodeView
from loom.widgets.transcript.item import Item

_FOLDED = ("⋯ ", "▸ ")
"""With what a line begins that stands for others."""


class FoldView(CodeView):
    """Items of which the one at the cursor says how it is opened."""

    _fold_line: int | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines, with a hint behind the one that stands for what is folded away."""
        item = self.marked if self.caret is None else None
        self._fold_line = None if item is None else self._folded_at(item)
        return super().render_lines(crop)

    def dressed(self, row: int, strip: Strip) -> Strip:
        """The hint stands behind the line's text."""
        if self.top + row == self._fold_line:
            strip = self._with_fold_hint(strip)
        return super().dressed(row, strip)

    def _with_fold_hint(self, strip: Strip) -> Strip:
        key = way_now(self.app, "transcript.open", "enter")
        text = f" · {key} opens "
        end = cell_len(strip.text.rstrip(" ─"))
        room = strip.cell_length - end - cell_len(text)
        if not key or room < 0:
            return strip
        hint = Segment(text, self.inks("text", "muted"))
        rest = strip.crop(end + cell_len(text), strip.cell_length)
        return Strip([*strip.crop(0, end), hint, *rest], strip.cell_length)

    def _refresh_chosen(self) -> None:
        """The cursor comes or goes, and with it the hint."""
        super()._refresh_chosen()
        if self.chosen is not None and self._folded_at(self.chosen) is not None:
            self.refresh()

    def _folded_at(self, item: Item) -> int | None:
        """The line of the flow that stands for what is folded away in an item."""
        index = self._flow.place(item)
        if index is None or item.is_open or not item.can_open:
            return None
        lines = self._flow.lines_of(index)
        at = next((at for at, line in enumerate(lines) if _stands_for_others(line)), None)
        return None if at is None else self._flow.body(index) + at


def _stands_for_others(line: Line) -> bool:
    return any(isinstance(part, Drawn) and part.text.startswith(_FOLDED) for part in line)
