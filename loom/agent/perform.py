"""Carries out what the state machine asks for, one small method an Action."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from loom.agent.compactor import Compactor
from loom.agent.titler import Titler
from loom.core.history import Entry, MessageEntry, ToolResultEntry
from loom.core.llm import LlmError, TextDelta, ThinkingDelta
from loom.core.messages import Message, ToolCall
from loom.core.protocol import (
    MessageAdded,
    MessageQueued,
    Notice,
    QueueReturned,
    RetryArmed,
    StreamStarted,
    TextStreamed,
    ThinkingStreamed,
    ToolCallStreamed,
    ToolFinished,
)
from loom.core.state import (
    Abort,
    Action,
    Announce,
    Answered,
    ArmRetry,
    Authorize,
    BeginTurn,
    CancelTools,
    Commit,
    CompactHistory,
    CompactionFailed,
    EndTurn,
    HookCompleted,
    LlmFailed,
    Owe,
    PermissionNeeded,
    Queued,
    RetryTimeoutFired,
    ReturnQueue,
    RunPostToolsHook,
    RunTool,
    SendLlmRequest,
    Show,
    Shutdown,
    ToolAuthorized,
    ToolCompleted,
    ToolRefused,
)

if TYPE_CHECKING:
    from loom.agent.runtime import Runtime

_LLM, _RETRY, _COMPACT, _HOOK = "llm", "retry", "compact", "hook"


class Performer:
    """Does the I/O of one runtime; what takes long runs as a task and posts its outcome."""

    def __init__(self, runtime: "Runtime", compactor: Compactor, titler: Titler) -> None:
        self._runtime = runtime
        self._log = runtime.log
        self._compactor = compactor
        self._titler = titler

    async def perform(self, action: Action) -> None:
        """Do it, or start it. Raises StoreError when a commit fails."""
        await _WORK[type(action)](self, action)

    async def _commit(self, action: Commit) -> None:
        async with self._runtime.committing:
            await self._runtime.turns.commit(action.entries)
            for message in messages_in((action,)):
                self._runtime.requests.settled()
                self._log.emit(MessageAdded(message=message))

    async def _owe(self, action: Owe) -> None:
        self._runtime.record.owe(*action.entries)

    async def _begin(self, action: BeginTurn) -> None:
        await self._runtime.turns.begin(self._runtime.authorizer.mode)

    async def _end(self, action: EndTurn) -> None:
        self._runtime.requests.settled()
        self._runtime.report_context()
        await self._runtime.turns.end(action.reason)
        if action.reason == "done":
            await self._titler.begin()

    async def _send(self, action: SendLlmRequest) -> None:
        requests = self._runtime.requests
        self._log.emit(
            StreamStarted(provider=requests.provider, model=requests.model, attempt=action.attempt)
        )
        self._runtime.report_context()
        await self._runtime.tasks.start(_LLM, requests.send(action.messages, self._runtime.post))

    async def _show(self, action: Show) -> None:
        event = action.event
        if isinstance(event, TextDelta):
            self._log.emit(TextStreamed(text=event.content))
        elif isinstance(event, ThinkingDelta):
            self._log.emit(ThinkingStreamed(text=event.content))
        else:
            self._log.emit(
                ToolCallStreamed(
                    call_id=event.call_id, name=event.tool_name, fragment=event.arguments_fragment
                )
            )

    async def _authorize(self, action: Authorize) -> None:
        await self._runtime.tasks.start(_judge_key(action.call.id), self._judge(action.call))

    async def _judge(self, call: ToolCall) -> None:
        refusal = await self._runtime.toolbox.authorize(
            call, lambda: self._runtime.post(PermissionNeeded(call.id))
        )
        self._runtime.post(ToolAuthorized(call.id) if refusal is None else ToolRefused(refusal))

    async def _run_tool(self, action: RunTool) -> None:
        await self._runtime.tasks.start(_tool_key(action.call.id), self._use(action.call))

    async def _use(self, call: ToolCall) -> None:
        try:
            self._runtime.post(ToolCompleted(await self._runtime.toolbox.run(call)))
        except asyncio.CancelledError:
            self._runtime.post(ToolCompleted(self._runtime.toolbox.cancelled(call.id)))
            raise

    async def _answered(self, action: Answered) -> None:
        self._log.emit(ToolFinished(call_id=action.result.tool_use_id, result=action.result))

    async def _cancel_tools(self, action: CancelTools) -> None:
        ids = action.call_ids
        self._runtime.tasks.cancel([*map(_tool_key, ids), *map(_judge_key, ids)])

    async def _hook(self, action: RunPostToolsHook) -> None:
        await self._runtime.tasks.start(_HOOK, self._look())

    async def _look(self) -> None:
        await self._runtime.turns.look_at_git()
        self._runtime.post(HookCompleted())

    async def _compact(self, action: CompactHistory) -> None:
        await self._compactor.begin(action)
        await self._runtime.tasks.start(_COMPACT, self._compactor.summarise(action))

    async def _arm(self, action: ArmRetry) -> None:
        at = self._runtime.services.clock.now_ms() + action.delay_ms
        self._log.emit(
            RetryArmed(
                at=at, attempt=action.attempt, attempts=action.attempts, reason=action.reason
            )
        )
        await self._runtime.tasks.start(_RETRY, self._count_down(action.delay_ms))

    async def _count_down(self, delay_ms: int) -> None:
        await asyncio.sleep(delay_ms / 1_000)
        self._runtime.post(RetryTimeoutFired())

    async def _abort(self, action: Abort) -> None:
        await self._runtime.tasks.stop_all()
        self._runtime.inbox.forget()

    async def _queued(self, action: Queued) -> None:
        self._log.emit(MessageQueued(message=action.message))

    async def _return_queue(self, action: ReturnQueue) -> None:
        self._log.emit(QueueReturned(messages=action.messages))

    async def _announce(self, action: Announce) -> None:
        self._log.emit(
            Notice(
                text=action.text,
                level=action.level,
                hint=action.hint,
                request_id=action.request_id,
            )
        )

    async def _shutdown(self, action: Shutdown) -> None:
        """The loop ends by the state."""

    def crashed(self, key: str, error: Exception) -> None:
        """A task of ours failed: the step it served fails, the session goes on."""
        failed = LlmError(f"Internal error: {type(error).__name__}", "invalid_response")
        kind, _, call_id = key.partition(" ")
        if kind == _LLM:
            self._runtime.post(LlmFailed(failed))
        elif kind == _COMPACT:
            self._runtime.post(CompactionFailed(failed))
        elif kind == _HOOK:
            self._runtime.post(HookCompleted())
        elif kind == "authorize":
            self._runtime.post(ToolRefused(self._runtime.toolbox.crashed(call_id, error)))
        elif kind == "tool":
            self._runtime.post(ToolCompleted(self._runtime.toolbox.crashed(call_id, error)))
        self._log.emit(Notice(text=failed.message, level="error", hint="The log has the details."))


def _tool_key(call_id: str) -> str:
    return f"tool {call_id}"


def _judge_key(call_id: str) -> str:
    return f"authorize {call_id}"


def messages_in(actions: Iterable[Action]) -> tuple[Message, ...]:
    """The messages that the Commits among these would write."""
    return tuple(e.message for e in _entries(actions) if isinstance(e, MessageEntry))


def results_in(actions: Iterable[Action]) -> tuple[ToolResultEntry, ...]:
    """The answers to calls that the Commits among these would write."""
    return tuple(e for e in _entries(actions) if isinstance(e, ToolResultEntry))


def _entries(actions: Iterable[Action]) -> Iterable[Entry]:
    return (entry for each in actions if isinstance(each, Commit) for entry in each.entries)


_WORK: dict[type, Any] = {
    Commit: Performer._commit,
    Owe: Performer._owe,
    BeginTurn: Performer._begin,
    EndTurn: Performer._end,
    SendLlmRequest: Performer._send,
    Show: Performer._show,
    Authorize: Performer._authorize,
    RunTool: Performer._run_tool,
    Answered: Performer._answered,
    CancelTools: Performer._cancel_tools,
    RunPostToolsHook: Performer._hook,
    CompactHistory: Performer._compact,
    ArmRetry: Performer._arm,
    Abort: Performer._abort,
    Queued: Performer._queued,
    ReturnQueue: Performer._return_queue,
    Announce: Performer._announce,
    Shutdown: Performer._shutdown,
}
