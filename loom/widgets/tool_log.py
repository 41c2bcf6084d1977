"""What the tools of a turn did so far: the panel's model, without a screen."""

from collections import deque
from typing import Literal

from msgspec import Struct, field

from loom.core.messages import Text, ToolResult
from loom.markup.clean import one_line, plain_output

KEPT_LINES = 200
"""Lines of output kept of each call, the last ones."""

Status = Literal["waiting", "running", "done", "failed"]


class ToolEntry(Struct):
    """One call. `skipped` counts output lines that are no longer kept; times are Unix seconds."""

    call_id: str
    name: str
    summary: str = ""
    status: Status = "running"
    started_at: float = 0.0
    duration_ms: int | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    skipped: int = 0
    is_expanded: bool = False

    def write(self, text: str) -> None:
        """Appends output that may begin and end in the middle of a line."""
        first, *rest = plain_output(text).split("\n")
        if self.lines:
            self.lines[-1] += first
        else:
            self.lines.append(first)
        self.skipped += max(0, len(self.lines) + len(rest) - KEPT_LINES)
        self.lines.extend(rest)

    @property
    def shown_lines(self) -> list[str]:
        """The kept lines without the empty one after the last line end."""
        lines = list(self.lines)
        return lines[:-1] if lines and not lines[-1] else lines


class ToolLog:
    """The calls in the order in which they were first heard of."""

    def __init__(self) -> None:
        self._entries: dict[str, ToolEntry] = {}
        self._names: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> list[ToolEntry]:
        """All calls, oldest first."""
        return list(self._entries.values())

    @property
    def is_running(self) -> bool:
        """Whether any call runs now."""
        return any(entry.status == "running" for entry in self._entries.values())

    def named(self, call_id: str, name: str) -> None:
        """The model made a call; one that is refused before it begins is known by this name."""
        self._names[call_id] = name

    def waiting(self, call_id: str, name: str, summary: str) -> None:
        """The call waits for the person."""
        entry = self._entry(call_id, name, summary)
        entry.status = "waiting"

    def started(self, call_id: str, name: str, summary: str, now: float) -> None:
        """The call began to run."""
        entry = self._entry(call_id, name, summary)
        entry.status, entry.started_at = "running", now

    def output(self, call_id: str, text: str) -> None:
        """The call wrote something; output of an unknown call is let go."""
        if call_id in self._entries:
            self._entries[call_id].write(text)

    def finished(self, call_id: str, result: ToolResult) -> None:
        """The call ended; its result is shown where nothing was streamed."""
        entry = self._entry(call_id, "", "")
        entry.status = "failed" if result.is_error else "done"
        entry.duration_ms = result.duration_ms
        if not entry.lines:
            entry.write(_text_of(result))

    def clear(self) -> None:
        """Forgets every call."""
        self._entries.clear()
        self._names.clear()

    def _entry(self, call_id: str, name: str, summary: str) -> ToolEntry:
        entry = self._entries.setdefault(
            call_id, ToolEntry(call_id, self._names.get(call_id, "tool"))
        )
        entry.name = name or entry.name
        entry.summary = one_line(summary) or entry.summary
        return entry


def _text_of(result: ToolResult) -> str:
    if result.display is not None and result.display.body:
        return result.display.body
    return "\n".join(piece.text for piece in result.content if isinstance(piece, Text))
