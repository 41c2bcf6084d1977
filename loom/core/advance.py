"""The agent's state machine: `advance(state, input) -> (state, actions)`.

Total: every pair has an answer; one that means nothing leaves the state as it is and asks for
nothing. Pure: no clock, no chance, no I/O. Actions are carried out in order.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from loom.core.history import MessageEntry, ToolResultEntry
from loom.core.messages import Message
from loom.core.reply import before_retry, process, while_calling, while_compacting
from loom.core.state import (
    Abort,
    Action,
    Announce,
    Answered,
    CallingLlm,
    Commit,
    CommitFailed,
    CompactHistory,
    Compacting,
    CompactRequested,
    Conversation,
    EndTurn,
    Error,
    ExecutingTools,
    HistoryReplaced,
    Input,
    Live,
    NoteAdded,
    Owe,
    PostToolsHook,
    ProcessingLlmResponse,
    Queued,
    ReturnQueue,
    Shutdown,
    ShutdownRequested,
    ShuttingDown,
    State,
    Transition,
    UserInput,
    WaitingForUserInput,
)
from loom.core.tool_round import close_calls, in_hook, while_executing
from loom.core.turn import appended, begin_turn, take_notes, text_only

CLOSED = "interrupted: Loom was closed before it finished"
UNSAVED = "interrupted: Loom could not write to its store"


def advance(state: State, given: Input) -> Transition:
    """The next state and what to do now."""
    if isinstance(state, ShuttingDown):
        return state, ()
    if isinstance(state, ProcessingLlmResponse):
        return _then(process(state), given)
    if isinstance(given, ShutdownRequested):
        return _shut_down(state, given.partial)
    if isinstance(given, CommitFailed):
        return _commit_failed(state, given)
    if isinstance(given, UserInput | NoteAdded) and not isinstance(state, WaitingForUserInput):
        return _queued(state, given)
    return _STEPS[type(state)](state, given)


def _then(transition: Transition, given: Input) -> Transition:
    state, actions = transition
    state, more = advance(state, given)
    return state, (*actions, *more)


def _queued(state: Live, given: UserInput | NoteAdded) -> Transition:
    conversation, message = state.conversation, given.message
    if isinstance(given, UserInput):
        conversation = replace(conversation, queue=(*conversation.queue, message))
    else:
        conversation = replace(conversation, notes=(*conversation.notes, message))
    return replace(state, conversation=conversation), (Queued(message),)


def _at_rest(state: WaitingForUserInput, given: Input) -> Transition:
    match given:
        case UserInput():
            return begin_turn(state.conversation, (given.message,))
        case CompactRequested() if not state.conversation.messages:
            return state, (Announce("There is nothing to compact."),)
        case CompactRequested():
            conversation = state.conversation
            compact = CompactHistory(conversation.messages, given.instructions, automatic=False)
            return Compacting(conversation, resumes=False), (compact,)
        case HistoryReplaced():
            replaced = replace(
                state.conversation, messages=given.messages, context_tokens=given.context_tokens
            )
            return WaitingForUserInput(replaced), ()
        case NoteAdded():
            noted = appended(state.conversation, given.message)
            return WaitingForUserInput(noted), (Commit((MessageEntry(given.message),)),)
    return state, ()


def _is_in_turn(state: Live) -> bool:
    return not isinstance(state, WaitingForUserInput) and not (
        isinstance(state, Compacting) and not state.resumes
    )


def _shut_down(state: Live, partial: Message | None) -> Transition:
    actions: tuple[Action, ...] = ()
    if isinstance(state, ExecutingTools):
        state, actions = close_calls(state, CLOSED)
    kept = text_only(partial) if isinstance(state, CallingLlm) else None
    commit = (Commit((MessageEntry(kept),)),) if kept else ()
    _, noted = take_notes(state.conversation)
    end = (EndTurn("closed"),) if _is_in_turn(state) else ()
    return ShuttingDown(), (Abort(), *actions, *commit, *noted, *end, Shutdown())


def _commit_failed(state: Live, given: CommitFailed) -> Transition:
    """Nothing goes on that is not on disk; the person's own words go back to the input."""
    owed: tuple[Action, ...] = ()
    was_in_turn = _is_in_turn(state) or given.was_ending
    if isinstance(state, ExecutingTools):
        state, closed = close_calls(state, UNSAVED)
        owed = tuple(action for action in closed if isinstance(action, Answered))
        owed += _answers_to_saved_calls(state.conversation.messages[-1], given.lost)
    conversation = _without(state.conversation, given.lost)
    typed = tuple(message for message in given.lost if message.role == "user")
    returned = (*typed, *conversation.notes, *conversation.queue)
    announce = Announce(f"Not saved: {given.reason}", "error", given.hint)
    actions: tuple[Action, ...] = (Abort(), announce, *owed)
    actions += (EndTurn("failed"),) if was_in_turn else ()
    actions += (ReturnQueue(returned),) if returned else ()
    return WaitingForUserInput(replace(conversation, queue=(), notes=())), actions


def _answers_to_saved_calls(results: Message, lost: tuple[Message, ...]) -> tuple[Action, ...]:
    """What is owed to calls that are on disk; a call that is not there needs no answer."""
    calls = {call.id for message in lost for call in message.tool_calls}
    kept = tuple(
        ToolResultEntry(result)
        for result in results.tool_results
        if result.tool_use_id not in calls
    )
    return (Owe(kept),) if kept else ()


def _without(conversation: Conversation, lost: tuple[Message, ...]) -> Conversation:
    """The conversation without messages that are not on disk, nor answers to their calls."""
    ids = {message.id for message in lost if message.id}
    calls = {call.id for message in lost for call in message.tool_calls}
    kept = tuple(
        message
        for message in conversation.messages
        if message.id not in ids
        and not any(result.tool_use_id in calls for result in message.tool_results)
    )
    return replace(conversation, messages=kept)


_STEPS: dict[type, Callable[[Any, Input], Transition]] = {
    WaitingForUserInput: _at_rest,
    CallingLlm: while_calling,
    ExecutingTools: while_executing,
    PostToolsHook: in_hook,
    Compacting: while_compacting,
    Error: before_retry,
}
