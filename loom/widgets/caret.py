"""Where text is typed and selected: what the widgets with a caret have in common."""

from textual.app import App
from textual.widget import Widget
from textual.widgets import TextArea


def has_caret(app: App[object]) -> bool:
    """Whether the terminal's cursor stands at the caret: then a drawn one would be a second."""
    return app.has_class("-caret")


def selected_in(widget: Widget | None) -> str:
    """The text that is selected in a field; empty for any other widget."""
    return str(getattr(widget, "selected_text", ""))


def select_nothing(widget: Widget | None) -> None:
    """The caret stays where it is."""
    if isinstance(widget, TextArea):
        widget.move_cursor(widget.cursor_location)
        return
    # Imported late: the first frame has no field of one line.
    from textual.widgets import Input

    if isinstance(widget, Input):
        widget.selection = type(widget.selection).cursor(widget.cursor_position)
