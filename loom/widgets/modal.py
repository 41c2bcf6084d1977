"""A question over the screen; what lies beneath keeps its text and its place."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget

from loom.widgets.choices import ChoiceRow, Option
from loom.widgets.keys import way_now

Result = TypeVar("Result")

GUARD = 0.4
"""Seconds without a key before keys count as answers: a person who types is not yet reading."""


class Modal(ModalScreen[Result | None], Generic[Result]):
    """A centred panel with a title, a body and buttons; its result is None when it was cancelled.

    A subclass names its `choices`, yields its `body` and answers in `choose`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, id="modal.cancel"),
        Binding("left", "move(-1)", "Left", show=False, id="modal.left"),
        Binding("right", "move(1)", "Right", show=False, id="modal.right"),
        Binding("enter", "pick", "Pick", show=False, id="modal.pick"),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | left, right | Move over the buttons, round at the ends. |
    | enter | Pick the button under the cursor. |
    | a button's letter | Pick that button. |
    | escape | Cancel. |
    """

    class TypedAhead(Message):
        """A letter meant for what lies beneath: it was typed while the modal came up."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    def __init__(
        self,
        title: str,
        choices: Sequence[Option],
        *,
        primary: int = 0,
        guard: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._title = title
        self._choices = ChoiceRow(choices, primary=primary)
        self._guard = guard
        self._clock = clock
        self._quiet_since = clock()

    def compose(self) -> ComposeResult:
        """The panel: body above buttons, the title in its border."""
        with Vertical(classes="modal-panel") as panel:
            panel.border_title = self._title
            panel.border_subtitle = f"{way_now(self.app, 'modal.cancel', 'escape')} cancels"
            yield from self.body()
            yield self._choices

    def on_mount(self) -> None:
        """The buttons have the keyboard."""
        self._quiet_since = self._clock()
        self._choices.focus()

    def on_key(self, event: events.Key) -> None:
        """A button's key picks it."""
        letter = event.character if event.is_printable else None
        if letter is not None:
            event.stop()
        if self._is_guarded(is_letter=letter is not None):
            if letter is not None:
                self.post_message(self.TypedAhead(letter))
        elif self._row.select((letter or event.key).lower()) or self._row.select(event.key):
            event.stop()
            self._row.pick()

    def action_cancel(self) -> None:
        """Closes without an answer."""
        self.dismiss(None)

    def action_move(self, by: int) -> None:
        """Moves over the buttons."""
        self._row.move(by)

    def action_pick(self) -> None:
        """Picks the button under the cursor."""
        if not self._is_guarded():
            self._row.pick()

    def body(self) -> Iterable[Widget]:
        """What stands above the buttons."""
        return ()

    def choose(self, key: str) -> None:
        """A button was picked; the base closes without an answer."""
        self.dismiss(None)

    @property
    def _row(self) -> ChoiceRow:
        """The row of buttons that has the keyboard."""
        return self.focused if isinstance(self.focused, ChoiceRow) else self._choices

    @on(ChoiceRow.Picked)
    def _picked(self, event: ChoiceRow.Picked) -> None:
        event.stop()
        self.choose(event.key)

    def _is_guarded(self, *, is_letter: bool = True) -> bool:
        """Whether the person may still be typing; a key that writes nothing is no typing."""
        now = self._clock()
        if now - self._quiet_since >= self._guard:
            return False
        if is_letter:
            self._quiet_since = now
        return True
