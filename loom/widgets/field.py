"""A line to type in whose cursor is the terminal's own, where there is one."""

from textual.app import App
from textual.geometry import Offset
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, TextArea


def has_caret(app: App[object]) -> bool:
    """Whether the terminal's cursor stands at the caret: then a drawn one would be a second."""
    return app.has_class("-caret")


def selected_in(widget: Widget | None) -> str:
    """The text that is selected in a field; empty for any other widget."""
    return widget.selected_text if isinstance(widget, Input | TextArea) else ""


def select_nothing(widget: Widget | None) -> None:
    """The caret stays where it is."""
    if isinstance(widget, TextArea):
        widget.move_cursor(widget.cursor_location)
    elif isinstance(widget, Input):
        widget.selection = type(widget.selection).cursor(widget.cursor_position)


class Field(Input):
    """An input that does not blink."""

    # A timer for a blinking cursor would keep an idle screen awake.
    cursor_blink = reactive(False, init=False)

    def validate__cursor_visible(self, is_visible: bool) -> bool:
        """No cursor is drawn over the terminal's."""
        return is_visible and not has_caret(self.app)

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where the next letter goes. Textual's is a cell further at the end of the text."""
        past = self.cursor_at_end
        return super().cursor_screen_offset - Offset(int(past), 0)
