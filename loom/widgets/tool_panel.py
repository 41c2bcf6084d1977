"""The right pane: the agent's plan, and what the tools of this turn do."""

import time
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from loom.core.messages import TodoItem, ToolResult
from loom.markup.clean import expand_tabs, one_line
from loom.widgets.cells import between, cut, strip_of
from loom.widgets.labels import call_title, duration, elapsed
from loom.widgets.tool_log import Status, ToolEntry, ToolLog

ICONS: dict[Status, str] = {"waiting": "‖", "running": "●", "done": "✓", "failed": "✗"}
TODO_ICONS = {"pending": "○", "in_progress": "◐", "done": "✓"}


class _Row(NamedTuple):
    """One line of the panel; `entry` is the call it belongs to, -1 for none."""

    text: str
    part: str = "text"
    entry: int = -1
    is_call: bool = False


class ToolPanel(ScrollView, can_focus=True):
    """The plan on top, then a line a call that opens to its output; draws only what is in view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="tools.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="tools.down"),
        Binding("enter,space", "fold", "Open or close", show=False, id="tools.fold"),
        Binding("c", "collapse_all", "Close all", show=False, id="tools.collapse_all"),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | up, down, k, j | Move by one call. |
    | enter, space | Show or hide the call's output. |
    | c | Hide the output of all. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tool-panel--heading",
        "tool-panel--text",
        "tool-panel--current",
        "tool-panel--dim",
        "tool-panel--waiting",
        "tool-panel--running",
        "tool-panel--done",
        "tool-panel--failed",
        "tool-panel--cursor",
    }
    """
    | Class | Description |
    | :- | :- |
    | `tool-panel--heading` | `Plan` and `Tools`. |
    | `tool-panel--text` | Names and steps. |
    | `tool-panel--current` | The step at work. |
    | `tool-panel--dim` | Output, durations, steps that are done. |
    | `tool-panel--waiting` … `--failed` | A call's icon by its status; a failed one's output. |
    | `tool-panel--cursor` | Laid over the line under the cursor. |
    """

    todo: reactive[tuple[TodoItem, ...]] = reactive[tuple[TodoItem, ...]](())
    """The agent's plan."""
    cursor: reactive[int] = reactive(0)
    """Index of the call under the cursor."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._calls = ToolLog()
        self._rows: list[_Row] = []
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        """Draws what was told before."""
        self._changed()

    def on_resize(self) -> None:
        """Steps of the plan are cut anew."""
        self._changed()

    def validate_cursor(self, cursor: int) -> int:
        """Stays within the calls."""
        return max(0, min(cursor, len(self._calls) - 1))

    def watch_todo(self) -> None:
        """Draws the new plan."""
        self._changed()

    def watch_cursor(self) -> None:
        """Brings the call into view."""
        rows = [y for y, row in enumerate(self._rows) if row.entry == self.cursor]
        if rows:
            self.scroll_to_region(Region(0, rows[0], self.size.width, 1), animate=False)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the plan, of a call, or of its output."""
        index = y + self.scroll_offset.y
        width = self.size.width
        if index >= len(self._rows):
            text = " No tool calls yet" if not self._rows and y == 0 else ""
            return strip_of([(text, self._style("dim"))], width, self._style("dim"))
        row = self._rows[index]
        if row.is_call:
            return self._call(row, self.has_focus and row.entry == self.cursor)
        return strip_of([(f" {row.text}", self._style(row.part))], width, self._style("dim"))

    def on_click(self, event: events.Click) -> None:
        """Opens or closes the call that was clicked."""
        index = event.get_content_offset_capture(self).y + self.scroll_offset.y
        if index < len(self._rows) and self._rows[index].entry >= 0:
            self.cursor = self._rows[index].entry
            self.action_fold()

    def action_move(self, by: int) -> None:
        """Moves the cursor by calls."""
        self.cursor += by

    def action_fold(self) -> None:
        """Shows or hides the output of the call under the cursor."""
        if len(self._calls):
            entry = self._calls.entries[self.cursor]
            entry.is_expanded = not entry.is_expanded
            self._changed()

    def action_collapse_all(self) -> None:
        """Hides every output."""
        for entry in self._calls.entries:
            entry.is_expanded = False
        self._changed()

    @property
    def is_ticking(self) -> bool:
        """Whether the timer for running durations is on."""
        return self._timer is not None

    def named(self, call_id: str, name: str) -> None:
        """The model made a call, which is listed once something becomes of it."""
        self._calls.named(call_id, name)

    def waiting(self, call_id: str, tool: str, summary: str = "") -> None:
        """As PermissionAsked: the call waits for the person."""
        self._calls.waiting(call_id, tool, summary)
        self._changed()

    def started(self, call_id: str, name: str, summary: str = "") -> None:
        """As ToolStarted."""
        self._calls.started(call_id, name, summary, self._clock())
        self._changed()

    def output(self, call_id: str, text: str) -> None:
        """As ToolOutput."""
        self._calls.output(call_id, text)
        self._changed()

    def finished(self, call_id: str, result: ToolResult) -> None:
        """As ToolFinished."""
        self._calls.finished(call_id, result)
        self._changed()

    def clear(self) -> None:
        """A new turn: forgets the calls, keeps the plan."""
        self._calls.clear()
        self.cursor = 0
        self._changed()

    def _changed(self) -> None:
        self._rows = [*self._plan_rows(), *self._tool_rows()]
        self.virtual_size = Size(0, len(self._rows))
        self._tick_while(self._calls.is_running)
        self.refresh()

    def _tick_while(self, is_running: bool) -> None:
        if is_running and self._timer is None and self.is_running:
            self._timer = self.set_interval(1.0, self.refresh)
        elif not is_running and self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _plan_rows(self) -> list[_Row]:
        if not self.todo:
            return []
        done = sum(item.status == "done" for item in self.todo)
        return [
            _Row(f"Plan {done}/{len(self.todo)}", "heading"),
            *(self._step(item) for item in self.todo),
            _Row(""),
        ]

    def _step(self, item: TodoItem) -> _Row:
        text = f"{TODO_ICONS[item.status]} {one_line(item.text)}"
        part = {"pending": "text", "in_progress": "current", "done": "dim"}[item.status]
        return _Row(cut(text, self.size.width - 2), part)

    def _tool_rows(self) -> list[_Row]:
        entries = self._calls.entries
        rows = [_Row("Tools", "heading")] if entries else []
        for index, entry in enumerate(entries):
            rows.append(_Row("", entry=index, is_call=True))
            rows += self._output_rows(entry, index) if entry.is_expanded else []
        return rows

    def _output_rows(self, entry: ToolEntry, index: int) -> list[_Row]:
        room = self.size.width - 6
        lines = entry.shown_lines or ["(no output)"]
        if entry.skipped:
            lines = [f"… {entry.skipped} earlier lines", *lines]
        ink = "failed" if entry.status == "failed" else "dim"
        return [_Row("    " + cut(expand_tabs(line), room), ink, index) for line in lines]

    def _call(self, row: _Row, is_cursor: bool) -> Strip:
        entry = self._calls.entries[row.entry]
        base = self._cursor_style() if is_cursor else Style.null()
        took = self._took(entry)
        room = max(0, self.size.width - 5 - len(took) - 2)
        name, subject = call_title(entry.name, entry.summary)
        name = cut(name, room)
        summary = between(cut(f" {subject}", room - len(name)), "", room - len(name))
        dim = self._style("dim") + base
        sign = "▾" if entry.is_expanded else "▸"
        pieces = [
            (f" {ICONS[entry.status]} ", self._style(entry.status) + base),
            (f"{sign} ", dim),
            (name, self._style("text") + base),
            (summary, dim),
            (f" {took} ", dim),
        ]
        return strip_of(pieces, self.size.width, dim)

    def _took(self, entry: ToolEntry) -> str:
        if entry.duration_ms is not None:
            return duration(entry.duration_ms)
        return elapsed(self._clock() - entry.started_at) if entry.status == "running" else ""

    def _cursor_style(self) -> Style:
        return self.get_component_rich_style("tool-panel--cursor", partial=True)

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"tool-panel--{part}")
