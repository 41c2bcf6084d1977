"""A line to type in whose cursor is the terminal's own, where there is one."""

from textual.geometry import Offset
from textual.reactive import reactive
from textual.widgets import Input

from loom.widgets.caret import has_caret


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
