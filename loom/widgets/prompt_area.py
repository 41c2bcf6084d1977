"""The text field of the prompt: a TextArea whose keys mean sending, recalling and completing."""

from pathlib import Path
from typing import ClassVar, Protocol

from rich.style import Style
from rich.text import Text
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from loom.widgets.caret import has_caret
from loom.widgets.cells import cut
from loom.widgets.completion import CompletionList
from loom.widgets.keys import Keymap
from loom.widgets.pasted import Pastes, image_path


class Deeds(Protocol):
    """What keys of the field do to its text that it cannot do by itself.

    Called and not told by a message: letters typed right behind the key must find the text as the
    key left it.
    """

    def take(self, *, by_enter: bool) -> None:
        """Take the choice under the list's cursor."""

    def recall(self, *, is_older: bool) -> None:
        """Up or down left the text: show the entry before or after."""


class PromptArea(TextArea):
    """Grows with its text; while the completion list shows rows, its keys go there first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "Send", show=False, id="input.send"),
        Binding(
            "shift+enter,ctrl+j,alt+enter", "newline", "New line", show=False, id="input.newline"
        ),
        Binding("tab", "complete", "Complete", show=False, id="input.complete"),
        Binding("escape", "escape", "Stop the agent", show=False, id="input.stop"),
        Binding("ctrl+underscore", "undo", "Undo", show=False, id="input.undo"),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | enter | Send; take the completion; after a backslash, a new line. |
    | shift+enter, ctrl+j, alt+enter | A new line. |
    | tab | Take the completion. |
    | up, down | Move in the list, in the text, and beyond its ends in the history. |
    | pageup, pagedown | Move in a text that is higher than the field. |
    | escape | Close the list, else stop the agent. |
    | ctrl+underscore | Undo; Ctrl+Z, which does so elsewhere, suspends Loom. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"prompt-area--chip"}
    """
    | Class | Description |
    | :- | :- |
    | `prompt-area--chip` | What stands for a paste or an attachment. |
    """

    class Entered(Message):
        """`text`, chips and all, was sent and has left the field."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Escaped(Message):
        """Escape was pressed and there was nothing to close."""

    def __init__(
        self,
        menu: CompletionList,
        pastes: Pastes,
        deeds: Deeds,
        placeholder: str = "",
        keymap: Keymap | None = None,
    ) -> None:
        super().__init__(soft_wrap=True, compact=True, highlight_cursor_line=False)
        self._hint = placeholder
        self.cursor_blink = False
        self._is_styled = False
        self._chip_ink = Style.null()
        self._menu = menu
        self._pastes = pastes
        self._deeds = deeds
        self._bindings.apply_keymap(dict(keymap or {}))

    def notify_style_update(self) -> None:
        """The style sheets say something else."""
        self._is_styled = False
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """As TextArea's, which looks up all its styles again for every paint."""
        if self._theme is not None and not self._is_styled:
            self._theme.apply_css(self)
            self._chip_ink = self.get_component_rich_style("prompt-area--chip")
            self._is_styled = True
        # Said of an empty field; it ends where the field does, from the first frame on.
        self.set_reactive(TextArea.placeholder, cut(self._hint, self.content_size.width))
        return super(TextArea, self).render_lines(crop)

    def get_line(self, line_index: int) -> Text:
        """A line of the text, its chips in an ink of their own."""
        line = super().get_line(line_index)
        for start, end in self._pastes.chips_in(line.plain):
            line.stylize(self._chip_ink, start, end)
        return line

    async def on_key(self, event: events.Key) -> None:
        """Carries out its own bindings at once.

        By way of the app, as bindings go, a key would be overtaken by letters typed right behind
        it: over a slow link many keys come at a time.
        """
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return

    def on_paste(self, event: events.Paste) -> None:
        """Long text becomes a chip, the path of an image an attachment."""
        event.prevent_default()
        event.stop()
        self.paste(event.text)

    def action_enter(self) -> None:
        """Takes the completion, writes a line end after a backslash, or sends."""
        row, column = self.cursor_location
        if self._menu.rows:
            self._deeds.take(by_enter=True)
        elif column and self.document[row][column - 1] == "\\":
            self.replace("\n", (row, column - 1), (row, column))
        else:
            self.send()

    def send(self) -> None:
        """Hands the text over and leaves the field empty; does nothing when there is none."""
        text = self.text
        if text.strip():
            # load_text also drops the undo history, which could bring back chips without their
            # text.
            self.load_text("")
            self.post_message(self.Entered(text))

    def action_newline(self) -> None:
        """Writes a line end."""
        self.write("\n")

    def action_complete(self) -> None:
        """Takes the completion; without one Tab moves the focus on."""
        if self._menu.rows:
            self._deeds.take(by_enter=False)
        else:
            self.screen.focus_next()

    def action_escape(self) -> None:
        """Closes the list, or says that there was nothing to close."""
        if self._menu.rows or self._menu.empty:
            self._menu.close()
        else:
            self.post_message(self.Escaped())

    def action_cursor_up(self, select: bool = False) -> None:
        """In the list, in the text, or to the entry before."""
        if self._menu.rows and not select:
            self._menu.move(-1)
        elif not select and self.navigator.is_first_wrapped_line(self.cursor_location):
            self._deeds.recall(is_older=True)
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """In the list, in the text, or to the entry after."""
        if self._menu.rows and not select:
            self._menu.move(1)
        elif not select and self.navigator.is_last_wrapped_line(self.cursor_location):
            self._deeds.recall(is_older=False)
        else:
            super().action_cursor_down(select)

    def action_cursor_page_up(self) -> None:
        """In a text that is higher than the field; else the screen has the key."""
        self._demand_pages()
        super().action_cursor_page_up()

    def action_cursor_page_down(self) -> None:
        """In a text that is higher than the field; else the screen has the key."""
        self._demand_pages()
        super().action_cursor_page_down()

    def action_delete_left(self) -> None:
        """Takes a chip as a whole, like one letter."""
        row, column = self.cursor_location
        chip = self._pastes.chip_before(self.document[row][:column])
        if chip and self.selection.is_empty:
            self.delete((row, column - len(chip)), (row, column))
        else:
            super().action_delete_left()

    @property
    def before_caret(self) -> str:
        """The line's text up to the caret."""
        row, column = self.cursor_location
        return self.document[row][:column]

    def write(self, text: str) -> None:
        """Writes at the caret, over the selection if there is one."""
        self.move_cursor(self.replace(text, *self.selection).end_location)

    def paste(self, text: str) -> None:
        """Writes a paste, or the chip that stands for it."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        path = image_path(text)
        self.write(self._pastes.chip_for(text) if path is None else self._chip_of(path))

    def attach(self, path: Path) -> None:
        """Writes the chip of a file that goes along."""
        self.write(self._chip_of(path))

    def set_text(self, text: str) -> None:
        """Puts `text` in place of everything, the caret at its end; undo brings the rest back."""
        end = self.document.end
        self.move_cursor(self.replace(text, (0, 0), end).end_location)

    @property
    def _draw_cursor(self) -> bool:
        """Not where the terminal's own cursor stands at the caret."""
        return super()._draw_cursor and not has_caret(self.app)

    def _demand_pages(self) -> None:
        if not self.max_scroll_y:
            raise SkipAction

    def _chip_of(self, path: Path) -> str:
        return self._pastes.chip_for_file(path) + " "
