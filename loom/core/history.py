"""A thread's entries, append-only, and the two conversations they make.

Rows are only ever added; `parent` links make a tree, and the visible history is the head's
ancestors. What a person sees is every message; what the model sees starts from the last
compaction that was not undone. Tool results are rows of their own (each is on disk before the
next step begins) and are gathered into one `user` message, in call order, on reading.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct

from loom.core.messages import Message, Text, ToolCall, ToolResult, Usage


class MessageEntry(Struct, frozen=True, tag="message", omit_defaults=True):
    """A message of the person or the model; never one of tool results."""

    message: Message


class ToolStartEntry(Struct, frozen=True, tag="tool_start", omit_defaults=True):
    """A tool is about to run; after a crash it is never run again silently."""

    call_id: str
    name: str = ""
    summary: str = ""


class ToolResultEntry(Struct, frozen=True, tag="tool_result", omit_defaults=True):
    """A call was answered."""

    result: ToolResult


class CompactionEntry(Struct, frozen=True, tag="compaction", omit_defaults=True):
    """The model sees `summary` in place of the first `folded` messages of the visible history."""

    summary: str
    folded: int
    tokens_before: int = 0
    tokens_after: int = 0


class CompactionUndoneEntry(Struct, frozen=True, tag="compaction_undone", omit_defaults=True):
    """The last compaction that stands no longer does."""


class CheckpointEntry(Struct, frozen=True, tag="checkpoint", omit_defaults=True):
    """A turn began, or ended for `reason` (as in `TurnFinished`), having used `usage`."""

    event: Literal["turn_started", "turn_finished"]
    turn_id: str = ""
    reason: str = ""
    usage: Usage = Usage()


class UnknownEntry(Struct, frozen=True, tag="unknown", omit_defaults=True):
    """A row of a newer Loom, kept as it is."""

    kind: str
    raw: dict[str, Any] = {}


Entry = (
    MessageEntry
    | ToolStartEntry
    | ToolResultEntry
    | CompactionEntry
    | CompactionUndoneEntry
    | CheckpointEntry
    | UnknownEntry
)

SUMMARY_INTRODUCTION = "This conversation was compacted. What happened before, in summary:\n\n"


def visible(entries: Iterable[Entry]) -> tuple[Message, ...]:
    """Every message a person sees, tool results gathered after the calls they answer."""
    messages: list[Message] = []
    calls: tuple[ToolCall, ...] = ()
    results: dict[str, ToolResult] = {}

    def gather() -> None:
        ordered = tuple(results[call.id] for call in calls if call.id in results)
        if ordered:
            messages.append(Message("user", ordered))
        results.clear()

    for entry in entries:
        if isinstance(entry, MessageEntry):
            gather()
            messages.append(entry.message)
            calls = entry.message.tool_calls
        elif isinstance(entry, ToolResultEntry):
            results.setdefault(entry.result.tool_use_id, entry.result)
    gather()
    return tuple(messages)


def standing_compaction(entries: Iterable[Entry]) -> CompactionEntry | None:
    """The compaction that holds: the last one that was not undone."""
    stack: list[CompactionEntry] = []
    for entry in entries:
        if isinstance(entry, CompactionEntry):
            stack.append(entry)
        elif isinstance(entry, CompactionUndoneEntry) and stack:
            stack.pop()
    return stack[-1] if stack else None


def compacted(
    messages: Sequence[Message], compaction: CompactionEntry | None
) -> tuple[Message, ...]:
    """`messages` as the model sees them under `compaction`."""
    if compaction is None:
        return tuple(messages)
    summary = Message("user", (Text(SUMMARY_INTRODUCTION + compaction.summary),))
    return (summary, *messages[compaction.folded :])


def model_view(entries: Sequence[Entry]) -> tuple[Message, ...]:
    """The conversation the model is sent."""
    return compacted(visible(entries), standing_compaction(entries))


class Interrupted(Struct, frozen=True):
    """A call that was never answered; `had_begun` tells a tool that may have had effects."""

    call: ToolCall
    had_begun: bool


def interrupted(entries: Sequence[Entry]) -> tuple[Interrupted, ...]:
    """The unanswered calls of the last assistant message, in call order."""
    calls: dict[str, ToolCall] = {}
    begun: set[str] = set()
    for entry in entries:
        if isinstance(entry, MessageEntry) and entry.message.tool_calls:
            calls = {call.id: call for call in entry.message.tool_calls}
            # A model may use an id again after a compaction: only this message's starts count.
            begun.clear()
        elif isinstance(entry, ToolStartEntry):
            begun.add(entry.call_id)
        elif isinstance(entry, ToolResultEntry):
            calls.pop(entry.result.tool_use_id, None)
    return tuple(Interrupted(call, call.id in begun) for call in calls.values())


def unfinished_turn(entries: Iterable[Entry]) -> bool:
    """Whether the last turn began and never ended: Loom was killed in it."""
    is_open = False
    for entry in entries:
        if isinstance(entry, CheckpointEntry):
            is_open = entry.event == "turn_started"
    return is_open
