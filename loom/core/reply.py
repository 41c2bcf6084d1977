"""The model's side of the machine: the request, its retries, its answer, and compaction."""

from msgspec.structs import replace

from loom.core.history import MessageEntry
from loom.core.llm import RETRYABLE, LlmResponse
from loom.core.messages import Message, ToolCall
from loom.core.state import (
    Abort,
    Announce,
    ArmRetry,
    CallingLlm,
    CancelRequested,
    Commit,
    CompactHistory,
    Compacting,
    CompactionCompleted,
    CompactionFailed,
    Conversation,
    Error,
    ExecutingTools,
    Execution,
    Input,
    LlmCompleted,
    LlmDelta,
    LlmFailed,
    ProcessingLlmResponse,
    RetryTimeoutFired,
    SendLlmRequest,
    Show,
    Transition,
)
from loom.core.tool_round import schedule
from loom.core.turn import appended, end_turn, fail_turn, give_back, release, text_only


def while_calling(state: CallingLlm, given: Input) -> Transition:
    """The request is under way."""
    match given:
        case LlmDelta():
            return state, (Show(given.event),)
        case LlmCompleted():
            return process(ProcessingLlmResponse(state.conversation, given.response))
        case LlmFailed():
            return _llm_failed(state, given)
        case CancelRequested():
            return _stopped_reply(state.conversation, given.partial)
    return state, ()


def _stopped_reply(conversation: Conversation, partial: Message | None) -> Transition:
    kept = text_only(partial)
    if kept is None:
        return end_turn(conversation, "cancelled", Abort())
    conversation = appended(conversation, kept)
    return end_turn(conversation, "cancelled", Abort(), Commit((MessageEntry(kept),)))


def _llm_failed(state: CallingLlm, given: LlmFailed) -> Transition:
    conversation, error = state.conversation, given.error
    if error.kind == "context_too_long" and not state.has_compacted:
        compact = CompactHistory(conversation.messages, "", automatic=True)
        return Compacting(conversation, resumes=True, retries=state.retries), (compact,)
    retries, attempts = state.retries + 1, conversation.policy.max_retries
    delay = _delay_ms(state, given)
    if error.kind not in RETRYABLE or retries >= attempts or delay is None:
        return fail_turn(conversation, error)
    arm = ArmRetry(delay, retries + 1, attempts, error.message)
    return Error(conversation, error, retries), (arm,)


def _delay_ms(state: CallingLlm, given: LlmFailed) -> int | None:
    policy, asked = state.conversation.policy, given.error.retry_after
    if asked is not None:
        delay = int(max(asked, 0) * 1_000)
        return delay if delay <= policy.retry_after_cap_ms else None
    backoff = min(policy.retry_base_ms * 2**state.retries, policy.retry_cap_ms)
    return int(backoff * given.jitter)


def before_retry(state: Error, given: Input) -> Transition:
    """The countdown runs."""
    match given:
        case RetryTimeoutFired():
            calling = CallingLlm(state.conversation, state.retries)
            return calling, (SendLlmRequest(state.conversation.messages, state.retries + 1),)
        case CancelRequested():
            return end_turn(state.conversation, "cancelled", Abort())
    return state, ()


def process(state: ProcessingLlmResponse) -> Transition:
    """A whole answer: its tools, or the end of the turn."""
    answer = _bounded(state.response.message, state.conversation.policy.max_calls)
    message = _with_unique_calls(state.conversation, answer)
    conversation = appended(state.conversation, message)
    if tokens := state.response.usage.context_tokens:
        conversation = replace(conversation, context_tokens=tokens)
    commit = Commit((MessageEntry(message),))
    if message.tool_calls:
        executing = ExecutingTools(
            conversation, tuple(Execution(call) for call in message.tool_calls)
        )
        next_state, actions = schedule(executing)
        return next_state, (commit, *_left_out(state.response.message, message), *actions)
    return end_turn(conversation, "done", commit, *_remarks(state.response))


def _remarks(response: LlmResponse) -> tuple[Announce, ...]:
    if response.finish_reason == "max_tokens":
        text = "The answer was cut at the model's output limit."
        return (Announce(text, "warning", "Say “continue” to go on."),)
    if response.finish_reason == "refusal":
        return (Announce("The model declined to answer.", "warning"),)
    if not response.message.text.strip():
        return (Announce("The model answered with nothing.", "warning", "Ask again."),)
    return ()


def _bounded(message: Message, max_calls: int) -> Message:
    """The message without the calls beyond `max_calls`: each costs a commit and a result."""
    beyond = {id(call) for call in message.tool_calls[max_calls:]}
    if not beyond:
        return message
    return replace(message, content=tuple(b for b in message.content if id(b) not in beyond))


def _left_out(answer: Message, taken: Message) -> tuple[Announce, ...]:
    asked, kept = len(answer.tool_calls), len(taken.tool_calls)
    if asked == kept:
        return ()
    text = f"The model asked for {asked} tools at once; only the first {kept} were taken."
    return (Announce(text, "warning"),)


def _with_unique_calls(conversation: Conversation, message: Message) -> Message:
    """A model may reuse an id; two calls that share one could not both be answered."""
    taken = {call.id for old in conversation.messages for call in old.tool_calls}
    content = []
    for block in message.content:
        if isinstance(block, ToolCall):
            block = replace(block, id=_unique(block.id or "call", taken))
            taken.add(block.id)
        content.append(block)
    return replace(message, content=tuple(content))


def _unique(call_id: str, taken: set[str]) -> str:
    candidate, number = call_id, 2
    while candidate in taken:
        candidate, number = f"{call_id}_{number}", number + 1
    return candidate


def while_compacting(state: Compacting, given: Input) -> Transition:
    """The conversation is being summarised."""
    match given:
        case CompactionCompleted():
            conversation = replace(
                state.conversation, messages=given.messages, context_tokens=given.context_tokens
            )
            return _after_compaction(state, conversation)
        case CompactionFailed() if state.resumes:
            # Counted as a failure of the request it was made for, and retried like one.
            calling = CallingLlm(state.conversation, state.retries, has_compacted=True)
            return _llm_failed(calling, LlmFailed(given.error))
        case CompactionFailed():
            announce = Announce(given.error.message, "error", given.error.hint)
            return release(state.conversation, announce)
        case CancelRequested() if state.resumes:
            return end_turn(state.conversation, "cancelled", Abort())
        case CancelRequested():
            return give_back(state.conversation, Abort())
    return state, ()


def _after_compaction(state: Compacting, conversation: Conversation) -> Transition:
    if not state.resumes:
        return release(conversation)
    calling = CallingLlm(conversation, state.retries, has_compacted=True)
    return calling, (SendLlmRequest(conversation.messages, state.retries + 1),)
