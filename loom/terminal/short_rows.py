"""Rows whose blank end is erased, not written: in tmux they are as long as what stands on them.

A terminal that becomes narrower breaks every row that is longer. In tmux erased cells do not count,
except on a row on which something stood before: only erasing all of it makes that row short again.
"""

from rich.console import Console
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.strip import Strip

from loom.terminal.painter import Painter, difference

CLEAR_ROW = "\x1b[0m\x1b[2K"
_CLEAR_REST = "\x1b[K"


class ShortPainter(Painter):
    """Paints whole rows anew when they become shorter, and otherwise what changed in them."""

    def paint(self, update: CompositorUpdate, console: Console) -> str:
        """As the base."""
        placed = [*self._placed(update)]
        before = {y: self._row(y) for _, y, _ in placed}
        for x, y, strip in placed:
            self._note(x, y, strip)
        return "".join(self._changed(y, old, console) for y, old in before.items())

    def paint_all(self, console: Console) -> str:
        """As the base."""
        return "".join(self._whole(y, self._row(y), console) for y in sorted(self._rows))

    def row_length(self, y: int) -> int:
        """As the base; blanks at the end are not counted."""
        return _written(self._row(y))

    def _row(self, y: int) -> Strip:
        """All that stands on a row; what is not known of it is blank."""
        strips: list[Strip] = []
        end = 0
        for x, strip in sorted(self._rows.get(y, {}).items()):
            strips += [Strip.blank(x - end)] * (x > end) + [strip]
            end = x + strip.cell_length
        return Strip.join(strips)

    def _changed(self, y: int, old: Strip, console: Console) -> str:
        new = self._row(y)
        if old.cell_length != new.cell_length:
            return self._whole(y, new, console)
        start, end = difference([*old], [*new])
        if start >= end:
            return ""
        if end > _written(new):
            return self._whole(y, new, console)
        return self._move_to(start, y) + new.crop(start, end).render(console)

    def _whole(self, y: int, row: Strip, console: Console) -> str:
        end = _written(row)
        rest = ""
        if end < row.cell_length and (style := [*row][-1].style) is not None:
            ground = Style(bgcolor=style.bgcolor)
            rest = ground.render(_CLEAR_REST, color_system=console._color_system)
        return self._move_to(0, y) + CLEAR_ROW + row.crop(0, end).render(console) + rest


def _written(row: Strip) -> int:
    """Cells up to the blanks at the end that look like erased ones."""
    end = row.cell_length
    segments = [*row][::-1]
    for text, style, _ in segments:
        if style is not None and not _is_plain(style, segments[0].style):
            break
        bare = text.rstrip(" ")
        end -= len(text) - len(bare)
        if bare:
            break
    return end


def _is_plain(style: Style, last: Style | None) -> bool:
    is_drawn = style.underline or style.reverse or style.strike or style.underline2
    return not is_drawn and last is not None and style.bgcolor == last.bgcolor
