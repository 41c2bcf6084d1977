"""The base of everything long: lines painted on demand, and a view that follows the end."""

from collections.abc import Iterator
from typing import ClassVar

from rich.segment import Segment
from textual import message
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.selection import Selection
from textual.strip import Strip

from loom.markup.ink import Inks
from loom.widgets.ink import inks_of
from loom.widgets.quick_scrollbar import QuickScrollBar


class Scrollable(ScrollView, can_focus=True):
    """Lines that a subclass yields by number; only those in view are ever asked for.

    Painting leaves out Textual's styles cache: strips come with their background, so a subclass
    has no border, padding or tint of its own. A change of height does not lay the screen out again.

    While the view is at the end it stays there as lines are added; scrolling up lets go.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_lines(-1)", "Up", show=False, id="scroll.up"),
        Binding("down", "scroll_lines(1)", "Down", show=False, id="scroll.down"),
        Binding("pageup", "scroll_pages(-1)", "Page up", show=False, id="scroll.page_up"),
        Binding("pagedown", "scroll_pages(1)", "Page down", show=False, id="scroll.page_down"),
        Binding("home", "scroll_first", "Start", show=False, id="scroll.start"),
        Binding("end", "scroll_last", "End", show=False, id="scroll.end"),
    ]
    """
    | Key | Description |
    | :- | :- |
    | up, down | One line. |
    | pageup, pagedown | A screen less two lines, which stay to read on from. |
    | home, end | The first line; the last, which is then followed. |
    """

    DEFAULT_CSS = """
    Scrollable {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
    }
    """

    GUTTER: ClassVar[int] = 0
    """Characters at the start of each line that are not text and never copied."""

    class Anchored(message.Message):
        """The view began to follow the end, or let go of it."""

        def __init__(self, scrollable: "Scrollable", is_anchored: bool) -> None:
            super().__init__()
            self.scrollable = scrollable
            self.is_anchored = is_anchored

        @property
        def control(self) -> "Scrollable":
            """The widget that moved."""
            return self.scrollable

    def __init__(
        self,
        *,
        follow: bool = False,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._follows = follow
        self._inks: Inks | None = None
        self._inked_for: tuple[str, Color] | None = None

    @property
    def follows(self) -> bool:
        """Whether the view stays at the end as lines are added."""
        return self._follows

    @property
    def inks(self) -> Inks:
        """The theme's styles on this widget's background."""
        if self._inks is None:
            self._inked_for = (self.app.theme, self.background_colors[1])
            self._inks = inks_of(self.app.theme_variables, self._inked_for[1])
        return self._inks

    @property
    def text_width(self) -> int:
        """Cells of a line: the widget without its scrollbar."""
        return max(1, self.scrollable_content_region.width)

    @property
    def top(self) -> int:
        """Number of the first line in view."""
        return self.scroll_offset.y

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scrollbar, made when it is first asked for."""
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = QuickScrollBar(name="vertical", thickness=1)
            self._vertical_scrollbar.display = False
            self.app._start_widget(self, self._vertical_scrollbar)
        return self._vertical_scrollbar

    def refresh_lines(self, y_start: int, line_count: int = 1) -> None:
        """Paint lines again that are in view, and not the scrollbar beside them."""
        top = max(y_start, self.top)
        bottom = min(y_start + line_count, self.top + self.size.height)
        if bottom > top:
            self.refresh(Region(0, top - self.top, self.text_width, bottom - top))

    def strips(self, first: int, count: int) -> Iterator[Strip]:
        """Lines `first` to `first + count`, each `text_width` wide; a subclass's only duty."""
        raise NotImplementedError

    def dressed(self, row: int, strip: Strip) -> Strip:
        """What the view shows in its row `row` where the text has `strip`: a place for marks."""
        return strip

    def ink_changed(self) -> None:
        """The theme or the background is another one: strips must be made again, as high as before.

        Called while painting: a focus or hover restyles a widget too, and must cost nothing.
        """

    def set_height(self, height: int) -> None:
        """There are `height` lines now; a view that follows the end goes there."""
        follows = self._follows
        if height != self.virtual_size.height:
            self.set_reactive(Scrollable.virtual_size, Size(self.size.width, height))
            if self.show_vertical_scrollbar:
                self.vertical_scrollbar.window_virtual_size = height
        if follows or self.scroll_y > self.max_scroll_y:
            self.go_to(self.max_scroll_y)

    def go_to(self, y: float) -> None:
        """Show line `y` first, at once, as far as there are lines."""
        y = self.validate_scroll_y(y)
        self.scroll_target_y = self.scroll_y = y

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notices whether the end was left or reached."""
        super().watch_scroll_y(old_value, new_value)
        self._note_anchor()

    def on_resize(self) -> None:
        """Stays at the end, if it was there."""
        if self._follows:
            self.go_to(self.max_scroll_y)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of the view."""
        filters = self.get_line_filters()
        background = self.background_colors[1]
        if self._inked_for != (self.app.theme, background):
            self._inks = None
            self.ink_changed()
        strips = []
        for row, strip in enumerate(self._selected_strips(crop), crop.y):
            strip = self.dressed(row, strip)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip)
        if crop.x or crop.width < self.region.width:
            return [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """One line with each cell's place in the text, for the mouse to select by."""
        for strip in self.strips(self.top + y, 1):
            return strip.apply_offsets(0, self.top + y)
        return Strip.blank(self.text_width)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text without the gutter, trailing spaces dropped."""
        last = self.virtual_size.height - 1
        start = selection.start.y if selection.start else 0
        end = min(last, selection.end.y if selection.end else last)
        lines = []
        for y, strip in enumerate(self.strips(start, max(0, end - start + 1)), start):
            begin, stop = selection.get_span(y) or (0, 0)
            text = strip.text if stop == -1 else strip.text[:stop]
            lines.append(text[max(begin, self.GUTTER) :].rstrip())
        return "\n".join(lines), "\n"

    def action_scroll_lines(self, lines: int) -> None:
        """Scroll by `lines`; down when positive."""
        self.go_to(self.scroll_target_y + lines)

    def action_scroll_pages(self, pages: int) -> None:
        """Scroll by screens, two lines overlapping."""
        self.go_to(self.scroll_target_y + pages * max(1, self.size.height - 2))

    def action_scroll_first(self) -> None:
        """Go to the first line."""
        self.go_to(0)

    def action_scroll_last(self) -> None:
        """Go to the last line and follow it."""
        self.go_to(self.max_scroll_y)

    def _note_anchor(self) -> None:
        follows = self.scroll_y >= self.max_scroll_y
        if follows != self._follows:
            self._follows = follows
            self.post_message(self.Anchored(self, follows))

    def _selected_strips(self, crop: Region) -> Iterator[Strip]:
        """The strips of the crop's rows, with the mouse's selection laid over them."""
        first = self.top + crop.y
        selection = self.text_selection
        blank = Strip.blank(self.text_width, self.inks("text"))
        rows = 0
        for rows, strip in enumerate(self.strips(first, crop.height), 1):
            span = selection.get_span(first + rows - 1) if selection else None
            yield self._highlighted(strip, *span) if span else strip
        for _ in range(crop.height - rows):
            yield blank

    def _highlighted(self, strip: Strip, start: int, end: int, ink: str = "selection") -> Strip:
        """`strip` with characters `start` to `end` (-1: to the last of the text) marked."""
        style = self.inks(ink)
        text = strip.text
        start = max(start, self.GUTTER)
        end = len(text.rstrip()) if end == -1 else end
        found: list[Segment] = []
        at = 0
        for segment in strip:
            pieces = _split(segment, start - at, end - at)
            found.extend(
                Segment(part.text, (part.style + style if part.style else style))
                if is_inside
                else part
                for part, is_inside in pieces
            )
            at += len(segment.text)
        return Strip(found, strip.cell_length)


def _split(segment: Segment, start: int, end: int) -> Iterator[tuple[Segment, bool]]:
    """A segment's parts before, within and after the characters `start` to `end`."""
    text, style = segment.text, segment.style
    start, end = max(0, start), max(0, end)
    parts = ((text[:start], False), (text[start:end], True), (text[max(start, end) :], False))
    for part, is_inside in parts:
        if part:
            yield Segment(part, style), is_inside
