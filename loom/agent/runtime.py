"""A live session: the one loop that feeds the state machine."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from msgspec.structs import replace

from loom.agent.authorize import Authorizer
from loom.agent.bulletin import Bulletin
from loom.agent.compactor import Compactor, Summarised
from loom.agent.eventlog import EventLog
from loom.agent.inbox import Inbox
from loom.agent.ops import Ops
from loom.agent.perform import Performer, messages_in, results_in
from loom.agent.record import Record
from loom.agent.requests import Requests
from loom.agent.services import AgentSettings, Services
from loom.agent.snapshot import snapshot
from loom.agent.tasks import Tasks
from loom.agent.titler import OFF, Titler
from loom.agent.toolbox import Spawn, Toolbox
from loom.agent.turns import Turns
from loom.core.advance import advance
from loom.core.errors import SessionError, StoreError
from loom.core.history import model_view
from loom.core.messages import Message, Thread, size_of
from loom.core.protocol import (
    AnyEvent,
    AnyOp,
    Close,
    ContextChanged,
    Notice,
    SessionClosed,
    StateChanged,
)
from loom.core.state import (
    STATE_NAMES,
    Action,
    CommitFailed,
    Conversation,
    EndTurn,
    ExecutingTools,
    Input,
    Policy,
    ShuttingDown,
    State,
    WaitingForUserInput,
)

DEFECT = "The session ended because of a defect in Loom; its log says more."


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
        self.services = services
        self.record = Record(services.store, thread)
        self.authorizer = authorizer or Authorizer(settings, self.log.emit, services.keep_rule)
        self.toolbox = Toolbox(
            services,
            Path(thread.workspace),
            self.authorizer,
            self.log.emit,
            spawn,
            lambda: self.requests.provider,
            key_prefix=f"{thread.id}/" if authorizer else "",
        )
        self.requests = Requests(services, settings, thread, self.toolbox.definitions, role)
        self.turns = Turns(self.record, self.requests, services.clock, self.log.emit)
        self.bulletin = Bulletin(
            None if role else services.news, lambda: self.requests.provider, self.log.emit
        )
        self._ops = Ops(self)
        self._compactor = Compactor(self)
        titler = Titler(self, OFF if role else settings.title_model)
        self._performer = Performer(self, self._compactor, titler)
        self._settings = settings
        self.is_open = True
        self.committing = asyncio.Lock()
        self.inbox: Inbox[Input | AnyOp | Summarised] = Inbox()
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
        """Hand over an Op. Raises SessionError when the session is closed, or was asked to."""
        if isinstance(op, Close):
            self.is_open = False
        elif not self.is_open:
            raise SessionError("this session is closed", "Open the thread again: loom resume")
        self.inbox.put(op)

    def events(self, after: int | None = None) -> AsyncIterator[AnyEvent]:
        """Events after `after`, or what stands now and then what comes, until SessionClosed."""
        if after is None and not self.log.last_seq:
            after = 0  # not open yet: its first event will tell what stands
        return self.log.follow(after, lambda: snapshot(self))

    # The loop

    async def run(self) -> None:
        """Live until Close. Cancelling it stops everything at once; the thread stays valid."""
        reason = DEFECT
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks = Tasks(group, self._performer.crashed)
                reason = await self._live()
        except asyncio.CancelledError:
            reason = ""
            raise
        finally:
            self.state, self.is_open = ShuttingDown(), False
            try:
                await self.toolbox.close()
            finally:
                self.log.emit(SessionClosed(reason=reason))

    async def _live(self) -> str:
        """Until Close; why it ended without one."""
        try:
            await self._open()
        except StoreError as error:
            return f"{error.message}. {error.hint}".rstrip(". ")
        with self.bulletin.open():
            while not isinstance(self.state, ShuttingDown):
                await self._take(await self.inbox.take())
        return ""

    async def _open(self) -> None:
        stopped = await self.record.repair()
        messages, tokens = await self.conversation()
        self.state = WaitingForUserInput(
            Conversation(self._policy(), messages, context_tokens=tokens)
        )
        for event in await snapshot(self):
            self.log.emit(event)
        if stopped is not None:
            self.log.emit(stopped)

    async def conversation(self) -> tuple[tuple[Message, ...], int]:
        """What the model sees, from disk, and its size in tokens. Raises StoreError."""
        messages = model_view(await self.record.entries())
        return messages, size_of(messages)

    async def _take(self, item: Input | AnyOp | Summarised) -> None:
        if isinstance(item, Summarised):
            given: Input | None = await self._compactor.fold(item)
        else:
            given = await self._ops.input_of(item)
        if given is not None:
            await self.step(given)

    def post(self, given: Input) -> None:
        """Feed the machine from a task, unless the task is stopped before this is taken."""
        self.inbox.post(given)

    async def step(self, given: Input) -> None:
        """One transition and its actions; a failed commit drops the rest and is fed back."""
        before = self.state
        self.state, actions = advance(before, given)
        if type(before) is not type(self.state):
            self.log.emit(StateChanged(state=STATE_NAMES[type(self.state)]))
        for done, action in enumerate(actions):
            try:
                await self._performer.perform(action)
            except StoreError as error:
                await self._fail(actions[done:], error)
                return

    async def _fail(self, dropped: tuple[Action, ...], error: StoreError) -> None:
        """What was to be committed from here on is lost; answers to calls are owed instead."""
        if not isinstance(self.state, ExecutingTools):
            self.record.owe(*results_in(dropped))
        was_ending = any(isinstance(action, EndTurn) for action in dropped)
        lost = messages_in(dropped)
        await self.step(CommitFailed(lost, error.message, error.hint, was_ending))

    @property
    def tasks(self) -> Tasks:
        """What runs beside the loop. Raises SessionError when the session is not live."""
        if self._tasks is None:
            raise SessionError("this session is not live")
        return self._tasks

    def use_model(self, provider: str, model: str) -> None:
        """Ask this model from the next request on; its window decides when to compact."""
        self.requests.provider, self.requests.model = provider, model
        if not isinstance(self.state, ShuttingDown):
            conversation = replace(self.state.conversation, policy=self._policy())
            self.state = replace(self.state, conversation=conversation)

    def report_context(self) -> None:
        """Tell how much of the window is used."""
        if isinstance(self.state, ShuttingDown):
            return
        self.log.emit(
            ContextChanged(
                tokens=self.state.conversation.context_tokens,
                limit=self.requests.window,
                usage=self.requests.usage,
                cost_usd=self.requests.cost_usd,
            )
        )
        for text in self.requests.notices():
            self.log.emit(Notice(text=text, level="warning"))
