"""Ops go from a front end to the agent, Events come back; both are frozen, tagged data.

Each Event carries `seq`, counted per live session from 1 without gaps; a front end that comes back
asks for everything after the last `seq` it saw. An Event that says something *is done* is emitted
only after its commit.
"""

from typing import Any, Literal

from msgspec import Struct

from loom.core.messages import Block, Display, Message, Thread, TodoItem, ToolResult, Usage

Mode = Literal["ask", "edit", "auto", "plan"]
MODES: tuple[Mode, ...] = ("ask", "edit", "auto", "plan")
Scope = Literal["once", "session", "project", "user"]


class Op(Struct, frozen=True, omit_defaults=True):
    """Base of what a front end may ask."""


class SendMessage(Op, frozen=True, tag="send_message", omit_defaults=True):
    """The person's message. While the agent works it is queued until the turn's end."""

    content: tuple[Block, ...]
    id: str = ""


class Cancel(Op, frozen=True, tag="cancel"):
    """Stop the turn: the stream, the tools, the retry wait or the compaction."""


class Decide(Op, frozen=True, tag="decide", omit_defaults=True):
    """The answer to PermissionAsked. `rule` (rule language) is kept for `scope` when not once."""

    call_id: str
    allow: bool
    scope: Scope = "once"
    rule: str = ""
    feedback: str = ""


class SetMode(Op, frozen=True, tag="set_mode"):
    """Change the permission mode from the next tool call on."""

    mode: Mode


class SetModel(Op, frozen=True, tag="set_model", omit_defaults=True):
    """Change provider and model from the next request on."""

    provider: str
    model: str = "default"


class Compact(Op, frozen=True, tag="compact", omit_defaults=True):
    """Summarise the conversation now; `instructions` say what to keep."""

    instructions: str = ""


class UndoCompaction(Op, frozen=True, tag="undo_compaction"):
    """Bring back the messages that the last compaction folded away."""


class RetryNow(Op, frozen=True, tag="retry_now"):
    """End the retry countdown."""


class RunShell(Op, frozen=True, tag="run_shell"):
    """A `!` line: the person runs a command; it and its output join the conversation."""

    command: str


class Rename(Op, frozen=True, tag="rename"):
    """Set the thread's title."""

    title: str


class SetPrivate(Op, frozen=True, tag="set_private"):
    """Mark the thread as one that never leaves this machine, or take the mark off."""

    private: bool


class Close(Op, frozen=True, tag="close"):
    """End the live session; the thread stays."""


class UnknownOp(Op, frozen=True, tag="unknown", omit_defaults=True):
    """An Op of a newer Loom; answered with a Notice."""

    kind: str
    raw: dict[str, Any] = {}


AnyOp = (
    SendMessage
    | Cancel
    | Decide
    | SetMode
    | SetModel
    | Compact
    | UndoCompaction
    | RetryNow
    | RunShell
    | Rename
    | SetPrivate
    | Close
    | UnknownOp
)


class Event(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of what the agent reports; `seq` is set by the session that emits it."""

    seq: int = 0


class SessionStarted(Event, frozen=True, tag="session_started"):
    """The first Event: the thread as it stands and its visible conversation.

    Also sent in place of older Events to a viewer that comes after they were dropped; `messages`
    is then the conversation at `seq`. `state` is a name from `loom.core.state`.
    """

    thread: Thread
    messages: tuple[Message, ...] = ()
    mode: Mode = "ask"
    provider: str = ""
    model: str = "default"
    state: str = "waiting_for_user_input"
    context_tokens: int = 0
    context_limit: int = 0
    todo: tuple[TodoItem, ...] = ()


class TurnStarted(Event, frozen=True, tag="turn_started"):
    """The agent begins to work on the person's message."""

    turn_id: str = ""


class TurnFinished(Event, frozen=True, tag="turn_finished"):
    """The agent rests. `usage` sums the turn's requests."""

    reason: Literal["done", "cancelled", "failed", "round_limit", "closed"] = "done"
    usage: Usage = Usage()
    duration_ms: int = 0
    turn_id: str = ""


class MessageAdded(Event, frozen=True, tag="message_added"):
    """A message of any role is on disk. It replaces whatever was streamed for it."""

    message: Message


class MessageQueued(Event, frozen=True, tag="message_queued"):
    """The person's message waits for the turn's end."""

    message: Message


class QueueReturned(Event, frozen=True, tag="queue_returned"):
    """The turn was cancelled: these queued messages go back to the person's input."""

    messages: tuple[Message, ...] = ()


class StateChanged(Event, frozen=True, tag="state_changed"):
    """The state machine's state has this name now (`loom.core.state`)."""

    state: str


class StreamStarted(Event, frozen=True, tag="stream_started"):
    """A request went out; a text that an earlier attempt had streamed is void. `attempt` from 1."""

    provider: str = ""
    model: str = ""
    attempt: int = 1


class TextStreamed(Event, frozen=True, tag="text_streamed"):
    """A piece of the answer."""

    text: str


class ThinkingStreamed(Event, frozen=True, tag="thinking_streamed"):
    """A piece of visible reasoning."""

    text: str


class ToolCallStreamed(Event, frozen=True, tag="tool_call_streamed"):
    """A piece of a call's arguments as the model writes them."""

    call_id: str
    name: str = ""
    fragment: str = ""


class PermissionAsked(Event, frozen=True, tag="permission_asked"):
    """The call waits for a person. `preview` is exactly what will run, or the exact diff.

    `rules` are rules offered for "always"; `reason` says why it is asked.
    """

    call_id: str
    tool: str = ""
    preview: Display = Display("text")
    rules: tuple[str, ...] = ()
    reason: str = ""


class PermissionDecided(Event, frozen=True, tag="permission_decided"):
    """The call was allowed or refused; `by` is `rule`, `mode`, `person`, `no_person` or
    `cancelled`."""

    call_id: str
    allow: bool = False
    by: str = ""
    reason: str = ""


class ToolStarted(Event, frozen=True, tag="tool_started"):
    """A tool began to run; its start is on disk. `summary` is one line for people."""

    call_id: str
    name: str = ""
    summary: str = ""


class ToolOutput(Event, frozen=True, tag="tool_output"):
    """A piece of a running tool's output."""

    call_id: str
    text: str = ""


class ToolFinished(Event, frozen=True, tag="tool_finished"):
    """A tool ended; its result is on disk."""

    call_id: str
    result: ToolResult


class TodoChanged(Event, frozen=True, tag="todo_changed"):
    """The agent's visible plan is now this."""

    items: tuple[TodoItem, ...] = ()


class RetryArmed(Event, frozen=True, tag="retry_armed"):
    """The next attempt starts at `at` (Unix ms) unless cancelled. `attempt` of `attempts`."""

    at: int = 0
    attempt: int = 1
    attempts: int = 3
    reason: str = ""


class CompactionStarted(Event, frozen=True, tag="compaction_started"):
    """The conversation is being summarised; `automatic` when the window was nearly full."""

    automatic: bool = False


class Compacted(Event, frozen=True, tag="compacted"):
    """The model now sees `summary` in place of the first `folded` messages; undoable."""

    summary: str = ""
    folded: int = 0
    tokens_before: int = 0
    tokens_after: int = 0


class CompactionUndone(Event, frozen=True, tag="compaction_undone"):
    """The folded messages are seen by the model again."""


class ContextChanged(Event, frozen=True, tag="context_changed"):
    """Tokens in use of the window, the thread's usage, and its cost where prices are known."""

    tokens: int = 0
    limit: int = 0
    usage: Usage = Usage()
    cost_usd: float | None = None


class ModeChanged(Event, frozen=True, tag="mode_changed"):
    """The permission mode is now this."""

    mode: Mode


class ModelChanged(Event, frozen=True, tag="model_changed"):
    """Provider and model of the next request."""

    provider: str
    model: str


class ThreadChanged(Event, frozen=True, tag="thread_changed"):
    """The thread's head line (title, privacy, tags, branch) changed."""

    thread: Thread


class Notice(Event, frozen=True, tag="notice"):
    """Something a person should know; `hint` says what to do next."""

    text: str
    level: Literal["info", "warning", "error"] = "info"
    hint: str = ""
    request_id: str = ""


class SessionClosed(Event, frozen=True, tag="session_closed"):
    """The last Event of a live session."""

    reason: str = ""


class UnknownEvent(Event, frozen=True, tag="unknown"):
    """An Event of a newer Loom."""

    kind: str
    raw: dict[str, Any] = {}


AnyEvent = (
    SessionStarted
    | TurnStarted
    | TurnFinished
    | MessageAdded
    | MessageQueued
    | QueueReturned
    | StateChanged
    | StreamStarted
    | TextStreamed
    | ThinkingStreamed
    | ToolCallStreamed
    | PermissionAsked
    | PermissionDecided
    | ToolStarted
    | ToolOutput
    | ToolFinished
    | TodoChanged
    | RetryArmed
    | CompactionStarted
    | Compacted
    | CompactionUndone
    | ContextChanged
    | ModeChanged
    | ModelChanged
    | ThreadChanged
    | Notice
    | SessionClosed
    | UnknownEvent
)
