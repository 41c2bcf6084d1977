"""The tools of one response: judged, run in order or all at once, each answered exactly once."""

from msgspec.structs import replace

from loom.core.history import ToolResultEntry, ToolStartEntry
from loom.core.messages import Message, ToolCall, ToolResult, error_result
from loom.core.state import (
    Abort,
    Action,
    Announce,
    Answered,
    Authorize,
    CancelRequested,
    CancelTools,
    Commit,
    Conversation,
    ExecutingTools,
    HookCompleted,
    Input,
    PermissionNeeded,
    PostToolsHook,
    RunPostToolsHook,
    RunTool,
    ToolAuthorized,
    ToolCompleted,
    ToolRefused,
    Transition,
)
from loom.core.turn import appended, call_model, end_turn

CANCELLED = "cancelled by the user before it finished"
NEVER_RAN = "cancelled by the user before it ran"


def schedule(state: ExecutingTools) -> Transition:
    """Judge what may be judged now: all of a read-only response, else one call at a time."""
    executions = state.executions
    is_parallel = all(e.call.name in state.conversation.policy.parallel for e in executions)
    is_busy = any(e.status in ("deciding", "waiting", "running") for e in executions)
    if is_busy and not is_parallel:
        return state, ()
    pending = [e.call for e in executions if e.status == "pending"]
    chosen = pending if is_parallel else pending[:1]
    state = _marked(state, {call.id for call in chosen}, "deciding")
    return state, tuple(Authorize(call) for call in chosen)


def _marked(state: ExecutingTools, ids: set[str], status: str) -> ExecutingTools:
    executions = tuple(
        replace(e, status=status) if e.call.id in ids else e for e in state.executions
    )
    return replace(state, executions=executions)


def while_executing(state: ExecutingTools, given: Input) -> Transition:
    """Calls are judged, waited for, run and answered."""
    match given:
        case ToolAuthorized() if call := _call_in(state, given.call_id, "deciding", "waiting"):
            start = ToolStartEntry(call.id, call.name)
            return _marked(state, {call.id}, "running"), (Commit((start,)), RunTool(call))
        case PermissionNeeded() if call := _call_in(state, given.call_id, "deciding"):
            return _marked(state, {call.id}, "waiting"), ()
        case ToolRefused() if _call_in(state, given.result.tool_use_id, "deciding", "waiting"):
            return _settle(*_answer(state, given.result))
        case ToolCompleted() if _call_in(state, given.result.tool_use_id, "running"):
            return _settle(*_answer(state, given.result))
        case CancelRequested():
            return _stop_tools(state)
    return state, ()


def _call_in(state: ExecutingTools, call_id: str, *statuses: str) -> ToolCall | None:
    for execution in state.executions:
        if execution.call.id == call_id and execution.status in statuses:
            return execution.call
    return None


def _answer(
    state: ExecutingTools, *results: ToolResult
) -> tuple[ExecutingTools, tuple[Action, ...]]:
    """The calls are answered, on disk first."""
    by_id = {result.tool_use_id: result for result in results}
    executions = tuple(
        replace(e, status="done", result=by_id[e.call.id]) if e.call.id in by_id else e
        for e in state.executions
    )
    commit = Commit(tuple(ToolResultEntry(result) for result in results))
    shown = tuple(Answered(result) for result in results)
    return replace(state, executions=executions), (commit, *shown) if results else ()


def _settle(state: ExecutingTools, actions: tuple[Action, ...]) -> Transition:
    """After an answer: the next call, or the end of the round."""
    if any(e.status != "done" for e in state.executions):
        next_state, more = (state, ()) if state.is_cancelling else schedule(state)
    else:
        next_state, more = _end_round(state)
    return next_state, (*actions, *more)


def _end_round(state: ExecutingTools) -> Transition:
    conversation = appended(state.conversation, _results_message(state))
    conversation = replace(conversation, rounds=conversation.rounds + 1)
    policy = conversation.policy
    if state.is_cancelling:
        return end_turn(conversation, "cancelled")
    changed = tuple(
        e.call
        for e in state.executions
        if e.call.name in policy.mutating and e.result and not e.result.is_error
    )
    if changed:
        return PostToolsHook(conversation, changed), (RunPostToolsHook(changed),)
    return _next_round(conversation)


def _next_round(conversation: Conversation) -> Transition:
    if conversation.rounds < conversation.policy.max_rounds:
        return call_model(conversation)
    text = f"Stopped after {conversation.rounds} rounds of tools in one turn."
    announce = Announce(text, "warning", "Say “continue” to let the agent go on.")
    return end_turn(conversation, "round_limit", announce)


def _results_message(state: ExecutingTools) -> Message:
    return Message("user", tuple(e.result for e in state.executions if e.result is not None))


def _stop_tools(state: ExecutingTools) -> Transition:
    """First cancel: stop what runs and wait for it; second: give up waiting."""
    running = tuple(e.call.id for e in state.executions if e.status == "running")
    idle = [e.call.id for e in state.executions if e.status not in ("running", "done")]
    if state.is_cancelling:
        idle, running = [*idle, *running], ()
    text = CANCELLED if state.is_cancelling else NEVER_RAN
    results = (error_result(call_id, text) for call_id in idle)
    state, actions = _answer(replace(state, is_cancelling=True), *results)
    stop = CancelTools((*running, *idle)) if running else Abort()
    return _settle(state, (stop, *actions))


def close_calls(state: ExecutingTools, text: str) -> tuple[ExecutingTools, tuple[Action, ...]]:
    """Answer every open call with `text`, so that the history stays valid for every provider."""
    still_open = (e.call.id for e in state.executions if e.status != "done")
    state, actions = _answer(state, *(error_result(call_id, text) for call_id in still_open))
    answered = appended(state.conversation, _results_message(state))
    return replace(state, conversation=answered), actions


def in_hook(state: PostToolsHook, given: Input) -> Transition:
    """The hook after tools that changed something."""
    match given:
        case HookCompleted():
            return _next_round(state.conversation)
        case CancelRequested():
            return end_turn(state.conversation, "cancelled", Abort())
    return state, ()
