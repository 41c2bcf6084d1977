"""The host of one process: its live sessions, the threads they lease, the door to them."""

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from loom.agent.runtime import Runtime
from loom.agent.services import AgentSettings, Services
from loom.agent.session import AgentSession
from loom.agent.subagent import run_subagent
from loom.core.errors import SessionError
from loom.core.messages import Thread
from loom.core.protocol import Close
from loom.host.door import Door
from loom.host.remote import RemoteSession
from loom.threads.lease import Holder, Lease

GRACE = 5.0


class Host:
    """Owns sessions; an async context manager.

    Args:
        socket: where other processes reach them; its folder is made private.
    """

    def __init__(self, services: Services, settings: AgentSettings, socket: Path) -> None:
        self.services = services
        self.settings = settings
        self._door = Door(socket, self._find)
        self._runtimes: dict[str, Runtime] = {}
        self._leases: dict[str, Lease] = {}
        self._stack = AsyncExitStack()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        await self._door.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._close_sessions()
            await self._door.close()
        finally:
            await self._stack.__aexit__(kind, error, trace)

    async def start(self, workspace: Path, *, is_private: bool = False) -> AgentSession:
        """A session on a new thread. Raises StoreError."""
        now = self.services.clock.now_ms()
        thread = Thread(
            self.services.clock.new_thread_id(),
            workspace=str(workspace),
            created_at=now,
            updated_at=now,
            provider=self.settings.provider,
            model=self.settings.model,
            is_private=is_private,
        )
        return await self._live(await self.services.store.create(thread), self.settings)

    async def open(self, prefix: str) -> AgentSession:
        """The session on a thread: ours, another process's, or a new one that goes on with it.

        Raises ThreadNotFound, StoreError.
        """
        thread = await self.services.store.find(prefix)
        if thread.id in self._runtimes:
            return self._runtimes[thread.id]
        settings = self.settings
        if thread.provider:
            settings = replace(settings, provider=thread.provider, model=thread.model or "default")
        return await self._live(thread, settings)

    async def _live(self, thread: Thread, settings: AgentSettings) -> AgentSession:
        lease = await self.services.store.lease(thread.id, self._holder())
        if not lease.is_ours:
            return RemoteSession(Path(lease.holder.socket), thread.id)
        self._leases[thread.id] = lease
        runtime = self._runtime(thread, settings)
        self._runtimes[thread.id] = runtime
        if self._group is None:
            raise SessionError("the host is not open")
        task = self._group.create_task(self._run(runtime), name=f"session {thread.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return runtime

    def _runtime(self, thread: Thread, settings: AgentSettings) -> Runtime:
        async def spawn(description: str, prompt: str, tell: Callable[[str], None]) -> str:
            return await run_subagent(runtime, self.services, settings, (description, prompt), tell)

        runtime = Runtime(thread, self.services, settings, spawn)
        return runtime

    async def _run(self, runtime: Runtime) -> None:
        try:
            await runtime.run()
        # The app's worker: a defect in one session must not end the others.
        except Exception:
            logging.getLogger(__name__).exception("session %s failed", runtime.thread_id)
        finally:
            self._runtimes.pop(runtime.thread_id, None)
            self._leases.pop(runtime.thread_id).release()

    async def _close_sessions(self) -> None:
        """Ask each session to end, and end those that do not within a few seconds."""
        for runtime in list(self._runtimes.values()):
            await runtime.submit(Close())
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=GRACE)
            for task in late:
                task.cancel()

    def _find(self, thread_id: str) -> AgentSession:
        runtime = self._runtimes.get(thread_id)
        if runtime is None:
            raise SessionError(f"{thread_id} is not live here", f"loom resume {thread_id}")
        return runtime

    def _holder(self) -> Holder:
        return Holder(os.getpid(), self.services.clock.now_ms(), str(self._door.path))
