"""The agent's states, what they are fed (Input) and what they ask for (Action).

The transitions are in `loom.core.advance`. The seven states of the original are the base; ours add
Compacting, permission waits inside ExecutingTools, a queue of messages, and cancel everywhere.
"""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from loom.core.history import Entry
from loom.core.llm import LlmError, LlmResponse, TextDelta, ThinkingDelta, ToolCallDelta
from loom.core.messages import Message, ToolCall, ToolResult


class Policy(Struct, frozen=True):
    """The numbers and names that decide; fixed for a live session.

    Attributes:
        max_retries: requests of one step at most, the first included (catalogue §1.4).
        retry_base_ms, retry_cap_ms: exponential backoff where the provider names no delay.
        retry_after_cap_ms: a provider that asks for a longer wait than this ends the turn.
        max_rounds: tool rounds of one turn.
        max_calls: calls taken of one answer; providers' models make a dozen at most.
        compact_at: context tokens from which the conversation is compacted; 0 is never.
        parallel: tools that only read; a response made of these alone runs all at once.
        mutating: tools after whose success the hook runs.
    """

    max_retries: int = 3
    retry_base_ms: int = 1_000
    retry_cap_ms: int = 30_000
    retry_after_cap_ms: int = 300_000
    max_rounds: int = 50
    max_calls: int = 128
    compact_at: int = 0
    parallel: frozenset[str] = frozenset()
    mutating: frozenset[str] = frozenset()


class Conversation(Struct, frozen=True):
    """What every state but the last carries.

    Attributes:
        messages: the conversation as the model sees it.
        queue: the person's messages that wait for the turn's end.
        notes: messages that wait for the turn's end and ask for no answer.
        context_tokens: size of `messages`, from the last usage plus estimates of what came since.
        rounds: tool rounds of this turn.
    """

    policy: Policy = Policy()
    messages: tuple[Message, ...] = ()
    queue: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()
    context_tokens: int = 0
    rounds: int = 0


class Execution(Struct, frozen=True):
    """One call of the response: `deciding` is being judged, `waiting` waits for a person."""

    call: ToolCall
    status: Literal["pending", "deciding", "waiting", "running", "done"] = "pending"
    result: ToolResult | None = None


class WaitingForUserInput(Struct, frozen=True):
    """At rest."""

    conversation: Conversation


class CallingLlm(Struct, frozen=True):
    """A request is under way; `retries` failed before it. `has_compacted` in this very step."""

    conversation: Conversation
    retries: int = 0
    has_compacted: bool = False


class ProcessingLlmResponse(Struct, frozen=True):
    """A response is complete; passed through inside one `advance`."""

    conversation: Conversation
    response: LlmResponse


class ExecutingTools(Struct, frozen=True):
    """The response's calls are judged and run; `is_cancelling` once a person stopped them."""

    conversation: Conversation
    executions: tuple[Execution, ...]
    is_cancelling: bool = False


class PostToolsHook(Struct, frozen=True):
    """The hook runs after tools that changed something."""

    conversation: Conversation
    completed: tuple[ToolCall, ...]


class Compacting(Struct, frozen=True):
    """The conversation is being summarised; `resumes` tells that a request follows."""

    conversation: Conversation
    resumes: bool
    retries: int = 0


class Error(Struct, frozen=True):
    """A request failed and the retry timer is armed."""

    conversation: Conversation
    error: LlmError
    retries: int


class ShuttingDown(Struct, frozen=True):
    """Terminal."""


State = (
    WaitingForUserInput
    | CallingLlm
    | ProcessingLlmResponse
    | ExecutingTools
    | PostToolsHook
    | Compacting
    | Error
    | ShuttingDown
)

Live = WaitingForUserInput | CallingLlm | ExecutingTools | PostToolsHook | Compacting | Error

STATE_NAMES: dict[type, str] = {
    WaitingForUserInput: "waiting_for_user_input",
    CallingLlm: "calling_llm",
    ProcessingLlmResponse: "processing_llm_response",
    ExecutingTools: "executing_tools",
    PostToolsHook: "post_tools_hook",
    Compacting: "compacting",
    Error: "error",
    ShuttingDown: "shutting_down",
}


class UserInput(Struct, frozen=True):
    """The person's message."""

    message: Message


class LlmDelta(Struct, frozen=True):
    """A piece of the streamed answer."""

    event: TextDelta | ThinkingDelta | ToolCallDelta


class LlmCompleted(Struct, frozen=True):
    """The whole answer; its message already has an id."""

    response: LlmResponse


class LlmFailed(Struct, frozen=True):
    """The request failed. `jitter` (0.5..1.5) scales a backoff, not a delay the provider named."""

    error: LlmError
    jitter: float = 1.0


class ToolAuthorized(Struct, frozen=True):
    """The call may run."""

    call_id: str


class PermissionNeeded(Struct, frozen=True):
    """A person must decide."""

    call_id: str


class ToolRefused(Struct, frozen=True):
    """The call may not run, or could not even be judged; `result` tells the model."""

    result: ToolResult


class ToolCompleted(Struct, frozen=True):
    """The tool ended, well or not."""

    result: ToolResult


class HookCompleted(Struct, frozen=True):
    """The hook ran; it never blocks the agent."""

    action_taken: bool = False


class RetryTimeoutFired(Struct, frozen=True):
    """The countdown ended, or the person did not want to wait."""


class CompactRequested(Struct, frozen=True):
    """The person asks for a summary."""

    instructions: str = ""


class CompactionCompleted(Struct, frozen=True):
    """The conversation as the model sees it from now on, and its size."""

    messages: tuple[Message, ...]
    context_tokens: int


class CompactionFailed(Struct, frozen=True):
    """No summary could be made."""

    error: LlmError


class HistoryReplaced(Struct, frozen=True):
    """At rest only: the model's view changed (a compaction was undone)."""

    messages: tuple[Message, ...]
    context_tokens: int


class NoteAdded(Struct, frozen=True):
    """A message that asks for no answer (the person's own shell line); a turn's end is awaited."""

    message: Message


class CancelRequested(Struct, frozen=True):
    """Stop. `partial` is what had been streamed, text only, worth keeping."""

    partial: Message | None = None


class CommitFailed(Struct, frozen=True):
    """`lost` messages could not be written; what followed from them did not happen.

    `was_ending`: the turn's end was among that.
    """

    lost: tuple[Message, ...]
    reason: str
    hint: str = ""
    was_ending: bool = False


class ShutdownRequested(Struct, frozen=True):
    """End the session."""

    partial: Message | None = None


Input = (
    UserInput
    | LlmDelta
    | LlmCompleted
    | LlmFailed
    | ToolAuthorized
    | PermissionNeeded
    | ToolRefused
    | ToolCompleted
    | HookCompleted
    | RetryTimeoutFired
    | CompactRequested
    | CompactionCompleted
    | CompactionFailed
    | HistoryReplaced
    | NoteAdded
    | CancelRequested
    | CommitFailed
    | ShutdownRequested
)


class Commit(Struct, frozen=True):
    """Write these rows; the actions after it wait, and are dropped if it fails."""

    entries: tuple[Entry, ...]


class Owe(Struct, frozen=True):
    """Write these rows before any other, as soon as writing works again."""

    entries: tuple[Entry, ...]


class BeginTurn(Struct, frozen=True):
    """The agent starts to work."""


class EndTurn(Struct, frozen=True):
    """The agent rests, for a reason as in `TurnFinished`."""

    reason: Literal["done", "cancelled", "failed", "round_limit", "closed"]


class SendLlmRequest(Struct, frozen=True):
    """Ask the model; `attempt` counts from 1."""

    messages: tuple[Message, ...]
    attempt: int


class Show(Struct, frozen=True):
    """Pass a streamed piece on."""

    event: TextDelta | ThinkingDelta | ToolCallDelta


class Authorize(Struct, frozen=True):
    """Judge the call; answer with ToolAuthorized, PermissionNeeded or ToolRefused."""

    call: ToolCall


class RunTool(Struct, frozen=True):
    """Run the call; answer with ToolCompleted."""

    call: ToolCall


class Answered(Struct, frozen=True):
    """The call has its answer, and it is on disk, or owed to it when the disk failed."""

    result: ToolResult


class CancelTools(Struct, frozen=True):
    """Stop judging and running these calls; one that runs still answers with ToolCompleted."""

    call_ids: tuple[str, ...]


class RunPostToolsHook(Struct, frozen=True):
    """Run the hook; answer with HookCompleted."""

    completed: tuple[ToolCall, ...]


class CompactHistory(Struct, frozen=True):
    """Summarise; answer with CompactionCompleted or CompactionFailed."""

    messages: tuple[Message, ...]
    instructions: str
    automatic: bool


class ArmRetry(Struct, frozen=True):
    """Start the countdown; answer with RetryTimeoutFired. `attempt` is the one to come."""

    delay_ms: int
    attempt: int
    attempts: int
    reason: str


class Abort(Struct, frozen=True):
    """Stop the request, the timer, the hook, the compaction and all tools; wait until they are.

    No input of theirs comes after it.
    """


class Queued(Struct, frozen=True):
    """The message waits."""

    message: Message


class ReturnQueue(Struct, frozen=True):
    """Give these messages back to the person's input."""

    messages: tuple[Message, ...]


class Announce(Struct, frozen=True):
    """Tell the person."""

    text: str
    level: Literal["info", "warning", "error"] = "info"
    hint: str = ""
    request_id: str = ""


class Shutdown(Struct, frozen=True):
    """The session is over."""


Action = (
    Commit
    | Owe
    | BeginTurn
    | EndTurn
    | SendLlmRequest
    | Show
    | Authorize
    | RunTool
    | Answered
    | CancelTools
    | RunPostToolsHook
    | CompactHistory
    | ArmRetry
    | Abort
    | Queued
    | ReturnQueue
    | Announce
    | Shutdown
)

Transition = tuple[State, tuple[Action, ...]]
Advance = Callable[[State, Input], Transition]
