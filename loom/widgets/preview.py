"""Exactly what a call would run or change: every character of it, by scrolling if need be."""

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from loom.core.messages import Display
from loom.markup.clean import expand_tabs, visible
from loom.markup.diff import diff_lines
from loom.markup.ink import Inks, Line
from loom.markup.wrap import chop
from loom.widgets.ink import inks_of

_PROMPT = "$ "

MARGIN = 11
"""Lines of the screen that are left to others."""


class Preview(ScrollView):
    """A command line, a diff or a text; control characters are shown, not obeyed."""

    def __init__(self, display: Display) -> None:
        super().__init__()
        self._display = display
        self._lines: list[Line] = []
        self._width = 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All lines, but no more than leave room for the rest of a modal."""
        self._lay_out(width)
        return min(len(self._lines), max(1, viewport.height - MARGIN))

    def notify_style_update(self) -> None:
        """Other colours: the lines are painted anew."""
        super().notify_style_update()
        self._width = 0

    def render_line(self, y: int) -> Strip:
        """One line of what is in view."""
        self._lay_out(self.size.width)
        index = y + self.scroll_offset.y
        line = self._lines[index] if index < len(self._lines) else []
        return Strip(line).adjust_cell_length(self.size.width, self.rich_style)

    def _lay_out(self, width: int) -> None:
        if width == self._width or width <= 0:
            return
        self._width = width
        self._lines = self._painted(
            width, inks_of(self.app.theme_variables, self.background_colors[1])
        )
        self.virtual_size = Size(0, len(self._lines))

    def _painted(self, width: int, inks: Inks) -> list[Line]:
        body = self._display.body or self._display.summary
        if self._display.kind == "diff":
            return diff_lines(body, width, inks)
        if self._display.kind == "command" and self._display.body:
            return _typed(body, width, inks)
        return _chopped(body, width, inks("text"))


def _typed(command: str, width: int, inks: Inks) -> list[Line]:
    """A command as it stands behind a shell's prompt; its other lines stand below its first."""
    lines = _chopped(command, max(1, width - len(_PROMPT)), inks("text", "strong"))
    prompt = Segment(_PROMPT, inks("text", "accent"))
    indent = Segment(" " * len(_PROMPT), inks("text"))
    return [[indent if at else prompt, *line] for at, line in enumerate(lines)]


def _chopped(text: str, width: int, style: Style) -> list[Line]:
    lines: list[Line] = []
    for line in visible(text.removesuffix("\n")).split("\n"):
        lines += chop([(expand_tabs(line), style)], width) or [[]]
    return lines
