"""The left pane: conversations, newest first, with a search field above them."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, cast

from rich.style import Style
from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from loom.core.messages import Thread
from loom.markup.clean import one_line
from loom.widgets.cells import between, cut, strip_of
from loom.widgets.labels import moment
from loom.widgets.spinner import STILL

if TYPE_CHECKING:
    from textual.widgets import Input

    from loom.widgets.field import Field

ROWS = 2
"""Lines an item takes."""


Standing = Literal["", "working", "waiting", "unread"]
"""Of a thread that is not on the screen: nothing to tell; its agent works; a question waits for the
person; it has come to rest since."""

_MARKS: dict[Standing, str] = {"": " ", "working": STILL, "waiting": "‖", "unread": "•"}
_WORDS: dict[Standing, str] = {"working": "working · ", "waiting": "waits for you · "}


class ThreadItem(NamedTuple):
    """One thread as the list shows it; `preview` is the text under the title."""

    thread: Thread
    preview: str = ""
    standing: Standing = ""


class ThreadRows(ScrollView, can_focus=True):
    """The items alone; draws only the lines in view, so their number does not matter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="threads.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="threads.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="threads.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="threads.page_down"),
        Binding("home", "jump(0)", "First", show=False, id="threads.first"),
        Binding("end", "jump(-1)", "Last", show=False, id="threads.last"),
        Binding("enter", "open", "Open", show=False, id="threads.open"),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | up, down, k, j | Move by one thread. |
    | pageup, pagedown | Move by a screenful. |
    | home, end | Go to the first or last thread. |
    | enter | Open the thread. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "thread-rows--title",
        "thread-rows--dim",
        "thread-rows--mark",
        "thread-rows--cursor-title",
        "thread-rows--cursor-dim",
        "thread-rows--cursor-mark",
    }
    """
    | Class | Description |
    | :- | :- |
    | `thread-rows--title` | A title. |
    | `thread-rows--dim` | The time and the preview. |
    | `thread-rows--mark` | The sign before an open, unread, pinned or private thread. |
    | `thread-rows--cursor-…` | The same in the item under the cursor. |
    """

    items: reactive[tuple[ThreadItem, ...]] = reactive[tuple[ThreadItem, ...]](())
    """What is listed, in this order."""
    cursor: reactive[int] = reactive(0)
    """Index of the item under the cursor."""
    current: reactive[str] = reactive("")
    """Id of the thread that is open."""
    nothing: reactive[str] = reactive("No threads")
    """Said in place of items."""

    class Opened(Message):
        """A thread was chosen with Enter or a click."""

        def __init__(self, thread_id: str) -> None:
            super().__init__()
            self.thread_id = thread_id

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock

    def validate_cursor(self, cursor: int) -> int:
        """Stays within the list."""
        return max(0, min(cursor, len(self.items) - 1))

    def watch_items(self, old: Sequence[ThreadItem], new: Sequence[ThreadItem]) -> None:
        """Keeps the cursor on its thread when that is still listed, else goes to the first."""
        held = old[self.cursor].thread.id if self.cursor < len(old) else ""
        ids = [item.thread.id for item in new]
        self.virtual_size = Size(0, ROWS * len(new))
        self.cursor = ids.index(held) if held in ids else 0
        self._show_cursor()

    def watch_cursor(self) -> None:
        """Brings the item into view."""
        self._show_cursor()

    def render_line(self, y: int) -> Strip:
        """One line of an item: its title, or its preview."""
        index, row = divmod(y + self.scroll_offset.y, ROWS)
        if index >= len(self.items):
            text = f" {self.nothing}" if not self.items and y == 0 else ""
            return strip_of([(text, self._style("dim"))], self.size.width, self.rich_style)
        item, is_cursor = self.items[index], index == self.cursor and self.has_focus_within
        return self._title(item, is_cursor) if row == 0 else self._preview(item, is_cursor)

    def on_click(self, event: events.Click) -> None:
        """Opens the thread that was clicked."""
        index = (event.get_content_offset_capture(self).y + self.scroll_offset.y) // ROWS
        if index < len(self.items):
            self.cursor = index
            self.action_open()

    def action_move(self, by: int) -> None:
        """Moves the cursor by items."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Moves the cursor by screenfuls."""
        self.cursor += by * max(1, self.size.height // ROWS)

    def action_jump(self, index: int) -> None:
        """Goes to an item; a negative index counts from the end."""
        self.cursor = index if index >= 0 else len(self.items) + index

    def action_open(self) -> None:
        """Says that the thread under the cursor was chosen."""
        if self.items:
            self.post_message(self.Opened(self.items[self.cursor].thread.id))

    def _title(self, item: ThreadItem, is_cursor: bool) -> Strip:
        mark = "▌" if item.thread.id == self.current else _MARKS[item.standing]
        at = moment(item.thread.updated_at, int(self._clock() * 1_000))
        title = one_line(item.thread.title) or "New thread"
        room = max(0, self.size.width - len(at) - 4)
        head = between(cut(title, room), "", room)
        dim = self._style("dim", is_cursor)
        return strip_of(
            [
                (f"{mark} ", self._style("mark", is_cursor)),
                (head, self._style("title", is_cursor)),
                (f" {at} ", dim),
            ],
            self.size.width,
            dim,
        )

    def _preview(self, item: ThreadItem, is_cursor: bool) -> Strip:
        mark = "▌ " if item.thread.id == self.current else "  "
        signs = (
            _WORDS.get(item.standing, "")
            + "private · " * item.thread.is_private
            + "pinned · " * item.thread.is_pinned
        )
        dim = self._style("dim", is_cursor)
        text = cut(signs + one_line(item.preview), max(0, self.size.width - 3))
        return strip_of([(mark, self._style("mark", is_cursor)), (text, dim)], self.size.width, dim)

    def _style(self, part: str, is_cursor: bool = False) -> Style:
        return self.get_component_rich_style(f"thread-rows--{'cursor-' * is_cursor}{part}")

    def _show_cursor(self) -> None:
        item = Region(0, self.cursor * ROWS, self.size.width, ROWS)
        self.scroll_to_region(item, animate=False, force=True)
        self.refresh()


class ThreadList(Vertical):
    """Threads with a search field; whoever mounts it answers `Search` with `show_threads`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", show=False, id="threads.search"),
        Binding(
            "escape", "leave_search", "Back to the list", show=False, id="threads.leave_search"
        ),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | / | Go to the search field. |
    | escape | Clear the search, or leave the field when it is empty. |
    """

    current: reactive[str] = reactive("")
    """Id of the thread that is open; it carries a bar."""

    class Selected(Message):
        """The person wants this thread."""

        def __init__(self, thread_id: str) -> None:
            super().__init__()
            self.thread_id = thread_id

    class Search(Message):
        """The search text changed; empty means all threads."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self, items: Iterable[ThreadItem] = (), *, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__()
        self._rows = ThreadRows(clock)
        self._rows.items = tuple(items)

    def compose(self) -> ComposeResult:
        """The field above the rows."""
        # Imported late: the pane is mounted after the first frame.
        from loom.widgets.field import Field

        yield Field(placeholder="Search threads", compact=True)
        yield self._rows

    @property
    def _search(self) -> "Field":
        return cast("Field", self.query_one("Field"))

    def watch_current(self, current: str) -> None:
        """Passes it on to the rows."""
        self._rows.current = current

    def on_focus(self) -> None:
        """Focus goes to the rows."""
        self._rows.focus()

    def action_search(self) -> None:
        """Goes to the search field."""
        self._search.focus()

    def action_leave_search(self) -> None:
        """Empties the search field first, then returns to the rows; from there the key goes on."""
        search = self._search
        if self._rows.has_focus and not search.value:
            raise SkipAction
        if search.value:
            search.value = ""
        else:
            self._rows.focus()

    def show_threads(self, items: Iterable[ThreadItem]) -> None:
        """Lists these instead; the cursor stays on its thread where it can."""
        self._rows.items = tuple(items)

    def focus_rows(self) -> None:
        """Puts the keyboard on the rows."""
        self._rows.focus()

    def on_key(self, event: events.Key) -> None:
        """Down and Enter in the search field lead to the rows."""
        if not self._search.has_focus:
            return
        if event.key == "down":
            event.stop()
            self._rows.focus()
        elif event.key == "enter":
            event.stop()
            self._rows.action_open()

    def on_input_changed(self, event: "Input.Changed") -> None:
        """Another text is looked for."""
        event.stop()
        self._rows.nothing = "No thread matches" if event.value else "No threads"
        self.post_message(self.Search(event.value))

    @on(ThreadRows.Opened)
    def _thread_opened(self, event: ThreadRows.Opened) -> None:
        event.stop()
        self.post_message(self.Selected(event.thread_id))
