"""Sessions in the user's daemon, for a screen in this process."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from msgspec.structs import replace

from loom.agent.session import AgentSession
from loom.core.errors import HostGone, LoomError
from loom.host.base import ModelSource
from loom.host.client import ask
from loom.host.frames import ListModels, ModelList, Opened, OpenThread, Reply, StartThread, Terms
from loom.host.remote import RemoteSession
from loom.host.sessions import Host
from loom.threads.store import ThreadStore

T = TypeVar("T", bound=Reply)

OpenHost = Callable[[], AbstractAsyncContextManager[Host]]


@dataclass(frozen=True)
class FarServices:
    """The person's own store, and the daemon's models."""

    store: ThreadStore
    model: ModelSource


class FarHost:
    """A SessionHost whose sessions the daemon owns; an async context manager.

    When the daemon is gone, from then on this process opens threads itself.

    Args:
        path: the daemon's socket.
        open_own: yields a host of this process, entered only when the daemon is gone.
        on_opened: told the id of each thread that the daemon opened for us.
    """

    trouble: LoomError | None = None

    def __init__(
        self,
        path: Path,
        terms: Terms,
        store: ThreadStore,
        open_own: OpenHost,
        on_opened: Callable[[str], None] = lambda thread_id: None,
    ) -> None:
        self.services = FarServices(store, self)
        self._path = path
        self._terms = terms
        self._open_own = open_own
        self._on_opened = on_opened
        self._own: asyncio.Future[Host] | None = None
        self._leaving = asyncio.Event()
        self._sessions: list[RemoteSession] = []
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving.set()
        for session in self._sessions:
            session.close()
        is_cancelled = kind is not None and issubclass(kind, asyncio.CancelledError)
        told = (kind, error, trace) if is_cancelled else (None, None, None)
        await self._group.__aexit__(*told)

    @property
    def is_daemon(self) -> bool:
        """Until the daemon is gone."""
        return self._own is None

    async def start(self, workspace: Path, *, is_private: bool = False) -> AgentSession:
        """A session on a new thread. Raises LoomError."""
        terms = replace(self._terms, workspace=str(workspace))
        opened = await self._ask(StartThread(terms, is_private), Opened)
        if opened is None:
            return await (await self._here()).start(workspace, is_private=is_private)
        return self._remote(opened)

    async def open(self, prefix: str) -> AgentSession:
        """The session on a thread. Raises LoomError."""
        opened = await self._ask(OpenThread(prefix, self._terms), Opened)
        return self._remote(opened) if opened else await (await self._here()).open(prefix)

    async def models(self) -> list[dict[str, Any]]:
        """The models that the daemon's sessions can use. Raises LoomError."""
        listed = await self._ask(ListModels(self._terms), ModelList)
        return listed.models if listed else await (await self._here()).services.model.models()

    async def _ask(self, request: StartThread | OpenThread | ListModels, kind: type[T]) -> T | None:
        """The daemon's answer; None when it is gone, now or before."""
        if self._own is not None:
            return None
        try:
            return await ask(self._path, request, kind)
        except HostGone:
            return None

    def _remote(self, opened: Opened) -> RemoteSession:
        session = RemoteSession(Path(opened.socket), opened.thread_id)
        self._sessions.append(session)
        self._on_opened(opened.thread_id)
        return session

    async def _here(self) -> Host:
        if self._own is None:
            self._own = asyncio.get_running_loop().create_future()
            # A task of its own: a host must be left where it was entered.
            self._group.create_task(self._keep_own(self._own), name="own host")
        return await asyncio.shield(self._own)

    async def _keep_own(self, ready: "asyncio.Future[Host]") -> None:
        try:
            async with self._open_own() as host:
                ready.set_result(host)
                await self._leaving.wait()
        except LoomError as error:
            self._own = None
            if ready.done():
                raise
            ready.set_exception(error)
