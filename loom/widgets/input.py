"""Where the person types: several lines, history, completions, long pastes as chips."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static, TextArea

from loom.widgets.completion import Choice, CompletionList
from loom.widgets.history import History
from loom.widgets.keys import Keymap
from loom.widgets.pasted import Pastes
from loom.widgets.prompt_area import PromptArea
from loom.widgets.sources import (
    FileCompleter,
    Sources,
    ThreadCompleter,
    Trigger,
    completed,
    trigger_in,
)

MENU_ROWS = 8
"""Completions shown at once."""
NO_FILE = "No file matches"
PLACEHOLDER = "Ask Loom to do something · @ files · / commands · ! shell · # threads"


class PromptInput(Vertical):
    """Grows to a third of the screen; sends on Enter and keeps what it is given.

    Args:
        complete_files: ranked rows for what was typed after `@`, again whenever there are better.
        on_file: told the path of a file that was put in the text.
        complete_threads: threads for what was typed after `#`; a value is put in the text.
        commands: what `/` offers: name without the slash, and what it does.
        history: what was sent before, oldest first.
        placeholder: shown while it is empty.
        keymap: other keys for its actions.
    """

    is_shell: reactive[bool] = reactive(False, toggle_class="-shell")
    """Whether the text is a shell line: it begins with `!`."""

    class Submitted(Message):
        """The person sends `text`, pastes put back; `attachments` are files, read by nobody yet."""

        def __init__(self, text: str, attachments: tuple[Path, ...] = ()) -> None:
            super().__init__()
            self.text = text
            self.attachments = attachments

    class Cancelled(Message):
        """Escape, with nothing here to close: the person wants to stop the agent."""

    def __init__(
        self,
        *,
        complete_files: FileCompleter | None = None,
        on_file: Callable[[str], object] = str,
        complete_threads: ThreadCompleter | None = None,
        commands: Sequence[Choice] = (),
        history: Iterable[str] = (),
        placeholder: str = PLACEHOLDER,
        keymap: Keymap | None = None,
    ) -> None:
        super().__init__()
        self._sources = Sources(complete_files, complete_threads, commands)
        self._on_file = on_file
        self._history = History(history)
        self._pastes = Pastes()
        self._menu = CompletionList(MENU_ROWS)
        self._area = PromptArea(self._menu, self._pastes, self, placeholder, keymap)
        self._marker = Static("›", classes="prompt-marker")
        self._trigger: Trigger | None = None
        self._offered: Trigger | None = None

    def compose(self) -> ComposeResult:
        """The completions float above the marker and the text."""
        yield self._menu
        with Horizontal():
            yield self._marker
            yield self._area

    def on_mount(self) -> None:
        """The marker stands beside the first line, or says that there is more above."""
        self.watch(self._area, "scroll_y", self._mark, init=False)

    def _mark(self, scrolled: float) -> None:
        self._marker.update("↑" if scrolled else "›")

    @property
    def text(self) -> str:
        """What would be sent: the text with pastes put back."""
        return self._pastes.expand(self._area.text)

    @property
    def is_completing(self) -> bool:
        """Whether the completion list is open."""
        return bool(self._menu.rows)

    def clear(self) -> None:
        """Empties it; what stood there can be recalled with Up."""
        self._history.add(self.text)
        # load_text also drops the undo history, which could bring back chips without their text.
        self._area.load_text("")
        self._pastes.clear()

    def recall_also(self, entries: Iterable[str]) -> None:
        """What was sent before all that Up recalls so far, oldest first."""
        self._history.precede(entries)

    def set_text(self, text: str) -> None:
        """Puts `text` in place of what stands there; Ctrl+_ brings that back."""
        self._area.set_text(text)

    def insert_text(self, text: str) -> None:
        """Writes at the caret."""
        self._area.write(text)

    def restore(self, text: str) -> None:
        """Gives a text back, such as a queued message, ahead of what was typed since."""
        typed = self._area.text
        self._area.set_text(f"{text}\n{typed}" if typed else text)

    def attach(self, path: Path) -> None:
        """Adds a file to what is sent, as a chip at the caret."""
        self._area.attach(path)

    def focus_text(self) -> None:
        """Puts the keyboard here, at once: what is typed right behind belongs here already."""
        self.screen.set_focus(self._area)

    @on(PromptArea.Entered)
    def _send(self, event: PromptArea.Entered) -> None:
        event.stop()
        text, attachments = self._pastes.expand(event.text), self._pastes.files_in(event.text)
        self._history.add(text)
        self._pastes.clear()
        self.post_message(self.Submitted(text, attachments))

    @on(PromptArea.Escaped)
    def _cancel(self, event: PromptArea.Escaped) -> None:
        event.stop()
        self.post_message(self.Cancelled())

    def recall(self, *, is_older: bool) -> None:
        """Show what was sent before this, or after."""
        entry = self._history.older(self.text) if is_older else self._history.newer()
        if entry is not None:
            self._area.set_text(entry)

    @on(CompletionList.Chosen)
    def _chosen(self, event: CompletionList.Chosen) -> None:
        event.stop()
        self.take(by_enter=False)

    def take(self, *, by_enter: bool) -> None:
        """Put the choice under the list's cursor in the text; Enter sends what is complete."""
        choice, trigger = self._menu.selected, self._trigger_now()
        # Nobody chose from a list that has not yet answered what was typed last.
        is_stale = trigger != self._offered
        if choice is None or trigger is None or (by_enter and is_stale):
            sends = by_enter
        else:
            sends = by_enter and (choice.is_whole or choice.value == trigger.query)
            self._complete_with(choice, trigger)
        if sends:
            self._area.send()

    def _complete_with(self, choice: Choice, trigger: Trigger) -> None:
        """Put the choice in place of the word."""
        row, column = self._area.cursor_location
        text = completed(trigger.sign, choice.value)
        end = self._area.replace(text, (row, trigger.start), (row, column)).end_location
        self._area.move_cursor(end)
        self._area.focus()
        if trigger.sign == "@":
            self._on_file(choice.value)

    @on(TextArea.Changed)
    def _text_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.is_shell = self._area.text.startswith("!")
        self._look_up()

    @on(TextArea.SelectionChanged)
    def _caret_moved(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        row, _ = self._area.cursor_location
        if trigger_in(self._area.before_caret, row == 0) is None:
            self._close_menu()

    def _trigger_now(self) -> Trigger | None:
        row, _ = self._area.cursor_location
        is_shell = self._area.text.startswith("!")
        return None if is_shell else trigger_in(self._area.before_caret, row == 0)

    def _look_up(self) -> None:
        self._trigger = self._trigger_now()
        if self._trigger is None:
            self._close_menu()
        else:
            self.run_worker(self._complete(self._trigger), group="completion", exclusive=True)

    async def _complete(self, trigger: Trigger) -> None:
        async for rows in self._sources.rows(trigger):
            if trigger != self._trigger:
                return
            if trigger == self._offered:
                self._menu.renew(rows)
            else:
                self._menu.offer(rows)
            self._offered = trigger
            self._place_menu()
        if trigger == self._trigger and trigger.sign == "@":
            self._menu.empty = NO_FILE
            self._place_menu()

    def _place_menu(self) -> None:
        lines = min(len(self._menu.rows) or bool(self._menu.empty), MENU_ROWS)
        self._menu.styles.offset = (0, -1 - lines)

    def _close_menu(self) -> None:
        self.workers.cancel_group(self, "completion")
        self._offered = None
        self._menu.close()
