"""How a turn begins, goes on to the model and ends; steps that the other transitions share."""

from msgspec.structs import replace

from loom.core.history import MessageEntry
from loom.core.llm import LlmError
from loom.core.messages import Message, Text, estimate_tokens
from loom.core.state import (
    Action,
    Announce,
    BeginTurn,
    CallingLlm,
    Commit,
    CompactHistory,
    Compacting,
    Conversation,
    EndTurn,
    ReturnQueue,
    SendLlmRequest,
    Transition,
    WaitingForUserInput,
)


def begin_turn(conversation: Conversation, messages: tuple[Message, ...]) -> Transition:
    """Take the person's messages and ask the model."""
    conversation = appended(replace(conversation, rounds=0), *messages)
    entries = tuple(MessageEntry(message) for message in messages)
    state, actions = call_model(conversation)
    return state, (BeginTurn(), Commit(entries), *actions)


def call_model(conversation: Conversation) -> Transition:
    """Send the next request, or compact first when the window is nearly full."""
    compact_at = conversation.policy.compact_at
    if compact_at and conversation.context_tokens >= compact_at and len(conversation.messages) > 2:
        compact = CompactHistory(conversation.messages, "", automatic=True)
        return Compacting(conversation, resumes=True), (compact,)
    return CallingLlm(conversation), (SendLlmRequest(conversation.messages, 1),)


def end_turn(conversation: Conversation, reason: str, *actions: Action) -> Transition:
    """End the turn; after a good end the queue starts the next, else it goes back."""
    end = EndTurn(reason)  # type: ignore[arg-type]  # one of TurnFinished's reasons
    conversation, noted = take_notes(conversation)
    actions = (*actions, *noted)
    queue, conversation = conversation.queue, replace(conversation, queue=())
    if queue and reason == "done":
        state, more = begin_turn(conversation, queue)
        return state, (*actions, end, *more)
    returned = (ReturnQueue(queue),) if queue else ()
    return WaitingForUserInput(conversation), (*actions, end, *returned)


def fail_turn(conversation: Conversation, error: LlmError) -> Transition:
    """End the turn with what went wrong; the queue goes back to the person."""
    announce = Announce(error.message, "error", error.hint, error.request_id)
    return end_turn(conversation, "failed", announce)


def release(conversation: Conversation, *actions: Action) -> Transition:
    """Back to rest from a compaction outside a turn; what was typed meanwhile starts one."""
    conversation, noted = take_notes(conversation)
    actions = (*actions, *noted)
    queue, conversation = conversation.queue, replace(conversation, queue=())
    if not queue:
        return WaitingForUserInput(conversation), actions
    state, more = begin_turn(conversation, queue)
    return state, (*actions, *more)


def give_back(conversation: Conversation, *actions: Action) -> Transition:
    """Back to rest from a compaction outside a turn that the person stopped."""
    conversation, noted = take_notes(conversation)
    queue, conversation = conversation.queue, replace(conversation, queue=())
    returned = (ReturnQueue(queue),) if queue else ()
    return WaitingForUserInput(conversation), (*actions, *noted, *returned)


def take_notes(conversation: Conversation) -> tuple[Conversation, tuple[Action, ...]]:
    """The notes that waited join the conversation."""
    notes = conversation.notes
    if not notes:
        return conversation, ()
    commit = Commit(tuple(MessageEntry(note) for note in notes))
    return appended(replace(conversation, notes=()), *notes), (commit,)


def appended(conversation: Conversation, *messages: Message) -> Conversation:
    """The conversation with `messages` at its end, its size estimated on."""
    return replace(
        conversation,
        messages=(*conversation.messages, *messages),
        context_tokens=conversation.context_tokens + sum(map(estimate_tokens, messages)),
    )


def text_only(partial: Message | None) -> Message | None:
    """An unfinished reply as it may be replayed: no open calls, no unsigned thinking."""
    if partial is None or not partial.text.strip():
        return None
    return replace(partial, content=(Text(partial.text),), stop_reason="cancelled")
