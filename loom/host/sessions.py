"""The host of one process: its live sessions, the threads they lease, the door to them."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from loom import __version__
from loom.agent.runtime import Runtime
from loom.agent.services import AgentSettings, Services
from loom.agent.session import AgentSession
from loom.agent.subagent import run_subagent
from loom.core.errors import LoomError, SessionError
from loom.core.messages import Thread
from loom.core.protocol import Close, Notice
from loom.host.door import Door
from loom.host.frames import AskStatus, LiveSession, Reply, Request, Status
from loom.host.remote import RemoteSession, is_live
from loom.host.standing import standing_of
from loom.threads.lease import Holder, Lease

GRACE = 5.0
DYING = 2.0
"""Seconds that the lease of a process without a socket is waited for."""


class Kit(NamedTuple):
    """What one session is given."""

    services: Services
    settings: AgentSettings


@dataclass(frozen=True)
class _Live:
    runtime: Runtime
    lease: Lease
    task: asyncio.Task[None]


class Host:
    """Owns sessions; an async context manager.

    Args:
        services: for sessions that are given no kit of their own, as is `settings`.
        socket: where other processes reach them; its folder is made private.
        answer: takes their requests; without it only AskStatus is answered.
    """

    trouble: LoomError | None = None
    is_daemon = False  # to a screen in its own process

    def __init__(
        self,
        services: Services,
        settings: AgentSettings,
        socket: Path,
        answer: "Callable[[Host, Request], Awaitable[Reply]] | None" = None,
    ) -> None:
        self.services = services
        self.settings = settings
        self.socket = socket
        self._started_at = services.clock.now_ms()
        self._door = Door(socket, self._find, partial(answer or _only_status, self))
        self._live: dict[str, _Live] = {}
        self._group = asyncio.TaskGroup()
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._door.open()
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._close_sessions()
        finally:
            await self._door.close()
            # Its own exceptions are the caller's business, and not to be wrapped in a group.
            is_cancelled = kind is not None and issubclass(kind, asyncio.CancelledError)
            told = (kind, error, trace) if is_cancelled else (None, None, None)
            await self._group.__aexit__(*told)

    async def start(
        self, workspace: Path, *, is_private: bool = False, kit: Kit | None = None
    ) -> AgentSession:
        """A session on a new thread. Raises StoreError."""
        kit = kit or self._kit
        now = self.services.clock.now_ms()
        thread = Thread(
            self.services.clock.new_thread_id(),
            workspace=str(workspace),
            created_at=now,
            updated_at=now,
            provider=kit.settings.provider,
            model=kit.settings.model,
            is_private=is_private,
        )
        return await self._begin(await self.services.store.create(thread), kit)

    async def open(self, prefix: str, *, kit: Kit | None = None) -> AgentSession:
        """The session on a thread: ours, another process's, or a new one that goes on with it.

        Raises ThreadNotFound, StoreError, SessionError.
        """
        async with self._opening:
            thread = await self.services.store.find(prefix)
            live = self._live.get(thread.id)
            if live and live.runtime.is_open:
                return live.runtime
            if live:
                # It is closing: the one that goes on with the thread waits for its last word.
                await asyncio.wait({live.task})
            return await self._begin(thread, _as_before(thread, kit or self._kit))

    def tell(self, text: str, hint: str) -> None:
        """Says something to the person in every live session."""
        for live in self._live.values():
            live.runtime.log.emit(Notice(text=text, level="warning", hint=hint))

    def status(self) -> Status:
        """This process and its live sessions."""
        sessions = (
            LiveSession(thread_id, standing_of(live.runtime), self._door.viewers[thread_id])
            for thread_id, live in self._live.items()
        )
        return Status(__version__, os.getpid(), self._started_at, sessions=tuple(sessions))

    @property
    def _kit(self) -> Kit:
        return Kit(self.services, self.settings)

    async def _begin(self, thread: Thread, kit: Kit) -> AgentSession:
        lease = await self._lease(thread.id)
        if not lease.is_ours:
            return _elsewhere(lease.holder, thread.id)
        runtime = _runtime(thread, kit)
        task = self._group.create_task(_run(runtime), name=f"session {thread.id}")
        self._live[thread.id] = _Live(runtime, lease, task)
        task.add_done_callback(lambda _: self._ended(thread.id))
        return runtime

    async def _lease(self, thread_id: str) -> Lease:
        """The lease, or who holds it. A process that dies lets its socket go before its locks."""
        deadline = asyncio.get_running_loop().time() + DYING
        while True:
            lease = await self.services.store.lease(thread_id, self._holder())
            patience = deadline - asyncio.get_running_loop().time()
            if lease.is_ours or patience <= 0:
                return lease
            if await is_live(Path(lease.holder.socket), thread_id, patience):
                return lease
            await asyncio.sleep(0.02)

    def _ended(self, thread_id: str) -> None:
        self._live.pop(thread_id).lease.release()

    async def _close_sessions(self) -> None:
        """Ask each session to end, and end those that do not within a few seconds."""
        for live in self._live.values():
            await live.runtime.submit(Close())
        if tasks := {live.task for live in self._live.values()}:
            _, late = await asyncio.wait(tasks, timeout=GRACE)
            for task in late:
                task.cancel()

    def _find(self, thread_id: str) -> AgentSession:
        if live := self._live.get(thread_id):
            return live.runtime
        raise SessionError(f"{thread_id} is not live here", f"loom resume {thread_id}")

    def _holder(self) -> Holder:
        return Holder(os.getpid(), self.services.clock.now_ms(), str(self._door.path))


def _as_before(thread: Thread, kit: Kit) -> Kit:
    """The kit with the model that the thread was left with."""
    if not thread.provider:
        return kit
    model = thread.model or "default"
    settings = replace(kit.settings, provider=thread.provider, model=model)
    return kit._replace(settings=settings)


def _runtime(thread: Thread, kit: Kit) -> Runtime:
    async def spawn(description: str, prompt: str, tell: Callable[[str], None]) -> str:
        return await run_subagent(runtime, *kit, (description, prompt), tell)

    runtime = Runtime(thread, *kit, spawn)
    return runtime


async def _only_status(host: Host, request: Request) -> Reply:
    if isinstance(request, AskStatus):
        return host.status()
    raise SessionError("This Loom opens threads for its own window alone.", "loom daemon start")


async def _run(runtime: Runtime) -> None:
    try:
        await runtime.run()
    # The app's worker: a defect in one session must not end the others.
    except Exception:
        logging.getLogger(__name__).exception("session %s failed", runtime.thread_id)


def _elsewhere(holder: Holder, thread_id: str) -> AgentSession:
    """The session where the thread is leased. Raises SessionError when nobody serves it there."""
    if not holder.socket:
        raise SessionError(
            "A sub-agent is at work on this thread.", "Open it again when its parent has gone on."
        )
    return RemoteSession(Path(holder.socket), thread_id)
