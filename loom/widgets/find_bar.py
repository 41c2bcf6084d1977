"""One line to look for a text in the conversation."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, Static

from loom.widgets.field import Field
from loom.widgets.keys import way_now

_ROOM_FOR_KEYS = 60
"""Cells from which the bar names its keys."""


class FindBar(Horizontal):
    """A field, and which of how many occurrences is shown; its owner does the finding."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,f3", "step(1)", "Next", id="find.next"),
        Binding("up,shift+f3,shift+enter", "step(-1)", "Previous", id="find.previous"),
        Binding("escape", "close", "Close", id="find.close"),
    ]
    """
    | Key | Description |
    | :- | :- |
    | enter, down, f3 | The next occurrence. |
    | shift+enter, up, shift+f3 | The one before. |
    | escape | Close. |
    """

    count: reactive[str] = reactive("")
    """What is said of the occurrences: `3 of 17`."""

    class Sought(Message):
        """The person typed: `text` is looked for."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Stepped(Message):
        """To the next occurrence, or the one before when `by` is negative."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class Closed(Message):
        """The person is done."""

    def compose(self) -> ComposeResult:
        """The field between its name and the count."""
        yield Static("Find", classes="find-label")
        yield Field(compact=True, placeholder="in this conversation")
        yield Static("", classes="find-count")
        yield Static("", classes="find-keys")

    def on_resize(self, event: events.Resize) -> None:
        """Where there is room the keys that go on are named; the way out is in the status bar."""
        before = way_now(self.app, "find.previous", "up")
        keys = f"Enter next · {before} before" if before else "Enter next"
        text = keys if event.size.width >= _ROOM_FOR_KEYS else ""
        self.query_one(".find-keys", Static).update(text)

    def watch_count(self, count: str) -> None:
        """The count is shown."""
        self.query_one(".find-count", Static).update(count)

    @property
    def text(self) -> str:
        """What is looked for."""
        return self.query_one(Input).value

    def focus_text(self) -> None:
        """Puts the keyboard here, the text selected: typing replaces it."""
        field = self.query_one(Input)
        # At once: what is typed right behind the key belongs here already.
        self.screen.set_focus(field)
        field.action_select_all()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Sought(event.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_step(1)

    def action_step(self, by: int) -> None:
        """Ask for another occurrence."""
        self.post_message(self.Stepped(by))

    def action_close(self) -> None:
        """Ask to be closed."""
        self.post_message(self.Closed())
