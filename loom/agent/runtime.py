"""The one loop: feeds the state machine and carries out, in order, what it asks for."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from loom.agent.authorize import Authorizer
from loom.agent.eventlog import EventLog
from loom.agent.ops import Ops
from loom.agent.record import Record
from loom.agent.requests import Requests
from loom.agent.services import AgentSettings, Services
from loom.agent.snapshot import snapshot
from loom.agent.tasks import Tasks
from loom.agent.toolbox import Spawn, Toolbox
from loom.agent.turns import Turns
from loom.core.advance import advance
from loom.core.errors import ProviderError, SessionError, StoreError
from loom.core.history import Entry, MessageEntry, compacted, standing_compaction, visible
from loom.core.llm import LlmError, TextDelta, ThinkingDelta
from loom.core.messages import Message, Thread, ToolCall, estimate_tokens
from loom.core.protocol import (
    AnyEvent,
    AnyOp,
    Compacted,
    CompactionStarted,
    ContextChanged,
    MessageAdded,
    MessageQueued,
    Notice,
    QueueReturned,
    RetryArmed,
    SessionClosed,
    StateChanged,
    StreamStarted,
    TextStreamed,
    ThinkingStreamed,
    ToolCallStreamed,
    ToolFinished,
)
from loom.core.state import (
    STATE_NAMES,
    Abort,
    Action,
    Announce,
    Answered,
    ArmRetry,
    Authorize,
    BeginTurn,
    CancelTools,
    Commit,
    CommitFailed,
    CompactHistory,
    CompactionCompleted,
    CompactionFailed,
    Conversation,
    EndTurn,
    HookCompleted,
    Input,
    LlmFailed,
    Owe,
    PermissionNeeded,
    Policy,
    Queued,
    RetryTimeoutFired,
    ReturnQueue,
    RunPostToolsHook,
    RunTool,
    SendLlmRequest,
    Show,
    Shutdown,
    ShuttingDown,
    State,
    ToolAuthorized,
    ToolCompleted,
    ToolRefused,
    WaitingForUserInput,
)

_LLM, _RETRY, _HOOK, _COMPACT = "llm", "retry", "hook", "compact"


class Runtime:
    """A live session on one thread; implements AgentSession. Somebody must await `run`.

    Args:
        authorizer: shared with the parent when this is a sub-agent's runtime.
        role: name of a further prompt for the model, such as `subagent`.
    """

    def __init__(
        self,
        thread: Thread,
        services: Services,
        settings: AgentSettings,
        spawn: Spawn,
        *,
        authorizer: Authorizer | None = None,
        role: str = "",
    ) -> None:
        self.log = EventLog()
        workspace = Path(thread.workspace)
        self.services = services
        self.record = Record(services.store, thread)
        self.authorizer = authorizer or Authorizer(
            settings.mode,
            settings.rules,
            self.log.emit,
            services.keep_rule,
            has_person=settings.has_person,
        )
        prefix = f"{thread.id}/" if authorizer else ""
        self.toolbox = Toolbox(
            services, workspace, self.authorizer, self.log.emit, spawn, key_prefix=prefix
        )
        self.requests = Requests(
            services, settings, workspace, thread.id, self.toolbox.definitions, role
        )
        self.turns = Turns(self.record, self.requests, services.clock, self.log.emit, workspace)
        self._ops = Ops(self)
        self._settings = settings
        self._inbox: asyncio.Queue[Input | AnyOp] = asyncio.Queue()
        self._tasks: Tasks | None = None
        self.state: State = WaitingForUserInput(Conversation(self._policy()))

    def _policy(self) -> Policy:
        settings = self._settings
        return Policy(
            max_retries=settings.max_retries,
            retry_base_ms=settings.retry_base_ms,
            max_rounds=settings.max_rounds,
            compact_at=int(self.requests.window * settings.compact_at),
            parallel=self.toolbox.names(lambda tool: tool.is_read_only),
            mutating=self.toolbox.names(lambda tool: tool.is_mutating),
        )

    # AgentSession

    @property
    def thread_id(self) -> str:
        """The thread this session lives on."""
        return self.record.thread.id

    async def submit(self, op: AnyOp) -> None:
        """Hand over an Op. Raises SessionError when the session is closed."""
        if isinstance(self.state, ShuttingDown):
            raise SessionError("this session is closed", "Open the thread again: loom resume")
        self._inbox.put_nowait(op)

    def events(self, after: int | None = None) -> AsyncIterator[AnyEvent]:
        """Events after `after`, or what stands now and then what comes, until SessionClosed."""
        return self.log.follow(after, lambda: snapshot(self))

    # The loop

    async def run(self) -> None:
        """Live until Close. Cancelling it stops everything at once; the thread stays valid."""
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks = Tasks(group, self._crashed)
                await self._open()
                while not isinstance(self.state, ShuttingDown):
                    await self._take(await self._inbox.get())
        finally:
            self.state = ShuttingDown()
            await self.toolbox.close()
            self.log.emit(SessionClosed())

    async def _open(self) -> None:
        lost = await self.record.repair()
        await self.reload()
        for event in await snapshot(self):
            self.log.emit(event)
        if lost is not None:
            names = ", ".join(item.call.name for item in lost if item.had_begun)
            text = "Loom was stopped in the middle of the last turn."
            text += f" These had begun and were not run again: {names}." if names else ""
            self.log.emit(Notice(text=text, level="warning", hint="Say “continue” to go on."))

    async def reload(self) -> None:
        """Take the conversation from disk; only at rest."""
        entries = await self.record.entries()
        messages = compacted(visible(entries), standing_compaction(entries))
        tokens = sum(map(estimate_tokens, messages))
        self.state = WaitingForUserInput(
            Conversation(self._policy(), messages, context_tokens=tokens)
        )

    async def _take(self, item: Input | AnyOp) -> None:
        given = await self._ops.input_of(item)
        if given is not None:
            await self.step(given)

    def post(self, given: Input) -> None:
        """Feed the machine from a task."""
        self._inbox.put_nowait(given)

    async def step(self, given: Input) -> None:
        """One transition and its actions; a failed commit drops the rest and is fed back."""
        before = self.state
        self.state, actions = advance(before, given)
        if type(before) is not type(self.state):
            self.log.emit(StateChanged(state=STATE_NAMES[type(self.state)]))
        for action in actions:
            try:
                await self._perform(action)
            except StoreError as error:
                lost = _messages_in(action)
                await self.step(CommitFailed(lost, error.message, error.hint))
                return

    async def _perform(self, action: Action) -> None:
        work = _WORK.get(type(action))
        if work is not None:
            await work(self, action)

    # Actions

    async def _commit(self, action: Commit) -> None:
        await self.turns.commit(action.entries)
        for message in _messages_in(action):
            self.requests.settled()
            self.log.emit(MessageAdded(message=message))

    async def _owe(self, action: Owe) -> None:
        self.record.owe(*action.entries)

    async def _begin(self, action: BeginTurn) -> None:
        await self.turns.begin(self.authorizer.mode)

    async def _end(self, action: EndTurn) -> None:
        self.requests.settled()
        await self.turns.end(action.reason)

    async def _send(self, action: SendLlmRequest) -> None:
        requests = self.requests
        self.log.emit(
            StreamStarted(provider=requests.provider, model=requests.model, attempt=action.attempt)
        )
        self.report_context()
        self._start(_LLM, requests.send(action.messages, self.post))

    async def _show(self, action: Show) -> None:
        event = action.event
        if isinstance(event, TextDelta):
            self.log.emit(TextStreamed(text=event.content))
        elif isinstance(event, ThinkingDelta):
            self.log.emit(ThinkingStreamed(text=event.content))
        else:
            self.log.emit(
                ToolCallStreamed(
                    call_id=event.call_id, name=event.tool_name, fragment=event.arguments_fragment
                )
            )

    async def _authorize(self, action: Authorize) -> None:
        self._start(f"authorize {action.call.id}", self._judge(action.call))

    async def _judge(self, call: ToolCall) -> None:
        refusal = await self.toolbox.authorize(call, lambda: self.post(PermissionNeeded(call.id)))
        self.post(ToolAuthorized(call.id) if refusal is None else ToolRefused(refusal))

    async def _run_tool(self, action: RunTool) -> None:
        self._start(_tool_key(action.call.id), self._use(action.call))

    async def _use(self, call: ToolCall) -> None:
        try:
            self.post(ToolCompleted(await self.toolbox.run(call)))
        except asyncio.CancelledError:
            self.post(ToolCompleted(self.toolbox.cancelled(call.id)))
            raise

    async def _answered(self, action: Answered) -> None:
        self.log.emit(ToolFinished(call_id=action.result.tool_use_id, result=action.result))

    async def _cancel_tools(self, action: CancelTools) -> None:
        if self._tasks:
            self._tasks.cancel(_tool_key(call_id) for call_id in action.call_ids)

    async def _hook(self, action: RunPostToolsHook) -> None:
        await self.turns.look_at_git()
        self.post(HookCompleted())

    async def _compact(self, action: CompactHistory) -> None:
        self.log.emit(CompactionStarted(automatic=action.automatic))
        self._start(_COMPACT, self._summarise(action))

    async def _summarise(self, action: CompactHistory) -> None:
        folded = len(await self.record.messages())
        try:
            entry, summary = await self.requests.compact(
                action.messages, action.instructions, folded
            )
            await self.record.commit(entry)
        except (ProviderError, StoreError) as error:
            self.post(CompactionFailed(_as_llm_error(error)))
            return
        self.log.emit(
            Compacted(
                summary=entry.summary,
                folded=folded,
                tokens_before=entry.tokens_before,
                tokens_after=entry.tokens_after,
            )
        )
        self.post(CompactionCompleted((summary,), entry.tokens_after))

    async def _arm(self, action: ArmRetry) -> None:
        at = self.services.clock.now_ms() + action.delay_ms
        self.log.emit(
            RetryArmed(
                at=at, attempt=action.attempt, attempts=action.attempts, reason=action.reason
            )
        )
        self._start(_RETRY, self._count_down(action.delay_ms))

    async def _count_down(self, delay_ms: int) -> None:
        await asyncio.sleep(delay_ms / 1_000)
        self.post(RetryTimeoutFired())

    async def skip_countdown(self) -> None:
        """End a retry wait at once."""
        if self._tasks:
            await self._tasks.stop([_RETRY])
        self.post(RetryTimeoutFired())

    async def _abort(self, action: Abort) -> None:
        if self._tasks:
            await self._tasks.stop_all()

    async def _queued(self, action: Queued) -> None:
        self.log.emit(MessageQueued(message=action.message))

    async def _return_queue(self, action: ReturnQueue) -> None:
        self.log.emit(QueueReturned(messages=action.messages))

    async def _announce(self, action: Announce) -> None:
        self.log.emit(
            Notice(
                text=action.text,
                level=action.level,
                hint=action.hint,
                request_id=action.request_id,
            )
        )

    async def _shutdown(self, action: Shutdown) -> None:
        """The loop ends by the state."""

    # Shared with ops

    def start(self, key: str, work: Any) -> None:
        """Run a task of an Op under `key`."""
        self._start(key, work)

    def _start(self, key: str, work: Any) -> None:
        if self._tasks:
            self._tasks.start(key, work)

    def report_context(self) -> None:
        """Tell how much of the window is used."""
        if isinstance(self.state, ShuttingDown):
            return
        self.log.emit(
            ContextChanged(
                tokens=self.state.conversation.context_tokens,
                limit=self.requests.window,
                usage=self.requests.usage,
            )
        )

    def _crashed(self, key: str, error: Exception) -> None:
        """A task of ours failed: the step it served fails, the session goes on."""
        failed = LlmError(f"Internal error: {type(error).__name__}", "invalid_response")
        kind, _, call_id = key.partition(" ")
        if kind == _LLM:
            self.post(LlmFailed(failed))
        elif kind == _COMPACT:
            self.post(CompactionFailed(failed))
        elif kind == "authorize":
            self.post(ToolRefused(self.toolbox.crashed(call_id, error)))
        elif kind == "tool":
            self.post(ToolCompleted(self.toolbox.crashed(call_id, error)))
        self.log.emit(Notice(text=failed.message, level="error", hint="The log has the details."))


def _tool_key(call_id: str) -> str:
    return f"tool {call_id}"


def _messages_in(action: Action) -> tuple[Message, ...]:
    entries: tuple[Entry, ...] = action.entries if isinstance(action, Commit) else ()
    return tuple(entry.message for entry in entries if isinstance(entry, MessageEntry))


def _as_llm_error(error: ProviderError | StoreError) -> LlmError:
    if isinstance(error, ProviderError):
        return error.error
    return LlmError(error.message, "invalid_request", hint=error.hint)


_WORK: dict[type, Any] = {
    Commit: Runtime._commit,
    Owe: Runtime._owe,
    BeginTurn: Runtime._begin,
    EndTurn: Runtime._end,
    SendLlmRequest: Runtime._send,
    Show: Runtime._show,
    Authorize: Runtime._authorize,
    RunTool: Runtime._run_tool,
    Answered: Runtime._answered,
    CancelTools: Runtime._cancel_tools,
    RunPostToolsHook: Runtime._hook,
    CompactHistory: Runtime._compact,
    ArmRetry: Runtime._arm,
    Abort: Runtime._abort,
    Queued: Runtime._queued,
    ReturnQueue: Runtime._return_queue,
    Announce: Runtime._announce,
    Shutdown: Runtime._shutdown,
}
