"""The chat screen's frame: its widgets, their places, and the keys that only move what is shown."""

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from loom.screens.wire import Wire
from loom.terminal.screen import CalmScreen
from loom.widgets.caret import select_nothing, selected_in
from loom.widgets.header import Header
from loom.widgets.input import PromptInput
from loom.widgets.keys import Keymap, named, shown
from loom.widgets.message_list import MessageList
from loom.widgets.shortcuts import shortcuts
from loom.widgets.status_bar import StatusBar
from loom.widgets.thread_list import ThreadList, ThreadRows
from loom.widgets.tool_panel import ToolPanel

if TYPE_CHECKING:
    from loom.screens.finding import Finding

QUIT_SECONDS = 2.0


class ChatFrame(CalmScreen):
    """Header, transcript, input, status bar, and two panes that are mounted later.

    A subclass has the other actions that KEYS names, and says how to `leave`.
    """

    KEYS: ClassVar[list[Binding]] = [
        Binding("ctrl+t", "threads", "Threads"),
        Binding("ctrl+n", "new_thread", "New thread"),
        Binding("ctrl+o", "pick_model", "Model"),
        Binding("ctrl+r", "tool_panel", "Tool calls and plan"),
        Binding("shift+tab", "next_mode", "Next permission mode", priority=True),
        Binding("escape", "back", "Stop the agent; elsewhere, to the input"),
        Binding("ctrl+f", "find", "Find in the conversation", priority=True),
        Binding("ctrl+up", "read", "Go to the conversation"),
        Binding("ctrl+down,i", "write", "Go to the input"),
        Binding("pageup", "page(-1)", "Scroll the conversation up", id="page_up"),
        Binding("pagedown", "page(1)", "Scroll the conversation down", id="page_down"),
        Binding("ctrl+end", "newest", "Go to the newest line", priority=True),
        Binding("f1,question_mark", "help", "Help"),
        Binding("ctrl+c", "interrupt", "Copy, or twice: quit", priority=True),
        Binding("f12", "free_mouse", "Leave the mouse to the terminal, or take it back"),
        Binding("ctrl+g", "answer", "Back to the question that waits"),
        Binding("ctrl+d", "leave_if_empty", "Quit when the input is empty", priority=True),
        Binding("f6", "app.focus_next", "Next pane", id="next_pane", priority=True),
        Binding("shift+f6", "app.focus_previous", "Pane before", id="previous_pane", priority=True),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [*named("", KEYS)]
    AUTO_FOCUS = "PromptArea"

    def __init__(self, header: Header, prompt: PromptInput, keymap: Keymap | None = None) -> None:
        super().__init__()
        self.header = header
        self.transcript = MessageList()
        self.prompt = prompt
        self.keymap: Keymap = keymap or {}
        self.status = StatusBar(shortcuts=shortcuts(self.keymap))
        self.panel = ToolPanel()
        self.threads = ThreadList()
        self._finding: Finding | None = None
        self._quit_asked = False
        self._input_since = float("inf")

    def compose(self) -> ComposeResult:
        """What the first frame shows; the panes that are closed come after it."""
        yield self.header
        with Horizontal(id="panes"), Vertical(id="talk"):
            yield self.transcript
            yield self.prompt
        yield self.status

    def on_mount(self) -> None:
        """What a suspension undoes is done again after it."""
        self.app.app_resume_signal.subscribe(self, self._came_back)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """From here on keys find their way; those that help are the ones of what has them."""
        self._input_since = min(self._input_since, event.time)
        self.status.place = self._place_of(event.widget)

    def _place_of(self, widget: Widget) -> str:
        places: dict[Widget, str] = {
            self.transcript: "conversation",
            self.prompt: "input",
            self.threads: "threads" if isinstance(widget, ThreadRows) else "search",
            self.panel: "calls",
        }
        for each in widget.ancestors_with_self:
            if isinstance(each, Widget) and each in places:
                return places[each]
        return "find"

    def on_key(self, event: events.Key) -> None:
        """What was typed too early, or on the conversation where it is no key, is the input's."""
        if event.is_printable and event.character and self._is_lost(event):
            event.stop()
            self.prompt.insert_text(event.character)
            self.prompt.focus_text()

    def _is_lost(self, event: events.Key) -> bool:
        is_early = event.time < self._input_since
        return is_early or (self.transcript.has_focus and event.key not in self.active_bindings)

    def action_tool_panel(self) -> None:
        """Open or close the panel of tool calls."""
        self.panel.toggle_class("-open")
        if not self.panel.has_class("-open"):
            self.prompt.focus_text()

    async def action_find(self) -> None:
        """Look for a text in the conversation."""
        # Imported late: the first frame has no use for it.
        from loom.screens.finding import Finding

        if self._finding is None:
            self._finding = Finding(self.transcript)
            await self.query_one("#talk").mount(self._finding, before=self.prompt)
        self._finding.open()

    def action_find_step(self, by: int) -> None:
        """To the next hit of what was looked for last, or the one before."""
        if self._finding is None or not self._finding.step(by):
            key = shown(self.keymap, "find", "ctrl+f")
            self.notify(f"Nothing was looked for yet: {key} finds.", markup=False)

    def action_back(self) -> None:
        """Out of a search, else to the input."""
        if self._finding is not None and self._finding.is_open:
            self._finding.close()
        else:
            self.action_write()

    def action_read(self) -> None:
        """Put the keyboard on the conversation."""
        self.set_focus(self.transcript)

    def action_go_to(self, number: str) -> None:
        """Go to the person's message of this number; without one, to one that is chosen."""
        from loom.screens.jumping import go_to

        go_to(self, number)

    def action_previous_message(self) -> None:
        """Go to the person's message before, and stay on the conversation."""
        self.set_focus(self.transcript)
        self.transcript.action_previous_message()

    def action_next_message(self) -> None:
        """Go to the person's next message, and stay on the conversation."""
        self.set_focus(self.transcript)
        self.transcript.action_next_message()

    def action_page(self, pages: int) -> None:
        """Scroll the conversation while the input keeps the keyboard."""
        self.transcript.action_scroll_pages(pages)

    def action_newest(self) -> None:
        """Go to the conversation's last line and follow it."""
        self.transcript.action_scroll_last()

    def action_write(self) -> None:
        """Put the keyboard on the input."""
        self.prompt.focus_text()

    def action_free_mouse(self) -> None:
        """Leave the mouse to the terminal, whose own selection then works, or take it back."""
        self.status.is_mouse_free = not self.status.is_mouse_free
        Wire(self.app).take_mouse(is_taken=not self.status.is_mouse_free)

    def _came_back(self, _app: object) -> None:
        """After a suspension Textual takes the mouse."""
        if self.status.is_mouse_free:
            Wire(self.app).take_mouse(is_taken=False)

    def action_interrupt(self) -> None:
        """Copy what is selected; else quit when pressed twice."""
        if selected := selected_in(self.focused):
            self.app.copy_to_clipboard(selected)
            select_nothing(self.focused)
        elif self.get_selected_text():
            self.action_copy_text()
            self.clear_selection()  # pressed twice more it leaves
        elif self._quit_asked:
            self.leave()
        else:
            self._quit_asked = True
            key = shown(self.keymap, "interrupt", "ctrl+c")
            self.notify(f"Press {key} again to leave Loom.", timeout=QUIT_SECONDS)
            self.set_timer(QUIT_SECONDS, self._forget_quit)

    def _forget_quit(self) -> None:
        self._quit_asked = False

    def action_leave_if_empty(self) -> None:
        """Quit, as a shell does at the end of its input."""
        if self.prompt.text:
            raise SkipAction  # in a text it deletes to the right
        self.leave()

    def ended(self) -> None:
        """The sessions are closed: nothing more comes, and the terminal is given back next."""

    def leave(self) -> None:
        """Close what is open, then the app."""
        raise NotImplementedError
