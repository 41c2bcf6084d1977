"""The daemon's part of a host: opens threads for others, and knows when nobody needs it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec.structs import replace

from loom.agent.session import AgentSession
from loom.core.errors import SessionError
from loom.host.frames import (
    AskStatus,
    Done,
    ListModels,
    ModelList,
    Opened,
    OpenThread,
    Reply,
    Request,
    StartThread,
    Status,
    Stop,
    Terms,
)
from loom.host.remote import RemoteSession
from loom.host.sessions import Host, Kit

ENDING = "The daemon is ending."

Equip = Callable[[Terms], Awaitable[Kit]]
"""What a session on these terms is given. Raises LoomError."""


class Daemon:
    """Answers what others ask of the user's daemon; `answer` is handed to its Host.

    Args:
        idle: seconds without work, question, viewer or visit after which it is not needed.
        server: as in Status.
    """

    def __init__(self, equip: Equip, idle: float, server: str = "") -> None:
        self._server = server
        self._equip = equip
        self._idle = idle
        self._stopping = asyncio.Event()
        self._visited = asyncio.Event()

    async def answer(self, host: Host, request: Request) -> Reply:
        """Raises LoomError."""
        self._visited.set()
        match request:
            case AskStatus():
                return self.status(host)
            case Stop():
                self.stop()
                return Done()
        if self._stopping.is_set():
            raise SessionError(ENDING, "Try again in a moment.")
        kit = await self._equip(request.terms)
        match request:
            case StartThread():
                workspace = Path(request.terms.workspace)
                started = await host.start(workspace, is_private=request.is_private, kit=kit)
                return _opened(started, host)
            case OpenThread():
                return _opened(await host.open(request.prefix, kit=kit), host)
            case ListModels():
                return ModelList(await kit.services.model.models())

    def status(self, host: Host) -> Status:
        """The host's, as the daemon's."""
        is_ending = self._stopping.is_set()
        return replace(host.status(), is_daemon=True, is_ending=is_ending, server=self._server)

    def stop(self) -> None:
        """Let `until_unneeded` return."""
        self._stopping.set()

    async def until_unneeded(self, host: Host) -> None:
        """Until it was told to stop, or nobody needed it for as long as may be."""
        clock = asyncio.get_running_loop().time
        needed_at = clock()
        while not self._stopping.is_set():
            if host.status().is_needed or self._visited.is_set():
                needed_at = clock()
            self._visited.clear()
            left = needed_at + self._idle - clock()
            if left <= 0:
                self.stop()
            else:
                await self._wait(min(left, self._idle / 4))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def _opened(session: AgentSession, host: Host) -> Opened:
    """Where the session can be held: it may live in another process."""
    path = session.path if isinstance(session, RemoteSession) else host.socket
    return Opened(session.thread_id, str(path))
