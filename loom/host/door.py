"""The host's Unix socket: who may come in, and what they see."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Raw

from loom.agent.session import AgentSession
from loom.core import codec
from loom.core.errors import CodecError, LoomError, SessionError
from loom.host.frames import (
    Do,
    Done,
    Drive,
    Frame,
    Happened,
    Refused,
    Reply,
    Request,
    Watch,
    read_frame,
    write_frame,
)
from loom.host.peer import is_same_user

ELSEWHERE = "Set XDG_RUNTIME_DIR to a folder with a short path that only you can enter."

Find = Callable[[str], AgentSession]
"""The live session on a thread. Raises SessionError."""


Answer = Callable[[Request], Awaitable[Reply]]
"""The answer to a request. Raises LoomError."""


class Door:
    """Serves the sessions that `find` knows to processes of the same user.

    Attributes:
        viewers: how many watch each thread.
    """

    def __init__(self, path: Path, find: Find, answer: Answer) -> None:
        self.path = path
        self.viewers: Counter[str] = Counter()
        self._find = find
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._visits: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen; a socket that a dead process left is replaced.

        Raises SessionError when the path cannot be used.
        """
        try:
            prepare_directory(self.path.parent)
            self.path.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._visit, self.path)
            self.path.chmod(0o600)
        except OSError as error:
            raise SessionError(f"{self.path} cannot be a socket: {error}", ELSEWHERE) from error

    async def close(self) -> None:
        """Stop listening and end every visit."""
        if self._server:
            self._server.close()
        for visit in list(self._visits):
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._visits.add(task)
            task.add_done_callback(self._visits.discard)
        try:
            if is_same_user(writer):
                await self._serve(reader, writer)
        except (ConnectionError, CodecError):
            # The visitor left or speaks another language; the session does not care.
            return
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await read_frame(reader)
            if isinstance(first, Watch):
                await self._show(self._find(first.thread_id), first.after, reader, writer)
            elif isinstance(first, Drive):
                await _obey(self._find(first.thread_id), reader, writer)
            elif isinstance(first, Request):
                await write_frame(writer, await self._answer(first))
        except CodecError as error:
            await write_frame(writer, Refused(error.message))
        except LoomError as error:
            await write_frame(writer, Refused(error.message, error.hint))

    async def _show(
        self,
        session: AgentSession,
        after: int | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Send events until the session or the visitor goes away."""
        shown = asyncio.ensure_future(_send_events(session, after, writer))
        left = asyncio.ensure_future(reader.read(1))
        self.viewers[session.thread_id] += 1
        try:
            ended, _ = await asyncio.wait({shown, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.viewers[session.thread_id] -= 1
            for task in (shown, left):
                task.cancel()
            await asyncio.gather(shown, left, return_exceptions=True)
        if shown in ended:
            shown.result()


async def _send_events(
    session: AgentSession, after: int | None, writer: asyncio.StreamWriter
) -> None:
    async for event in session.events(after):
        await write_frame(writer, Happened(Raw(codec.encode(event))))


async def _obey(
    session: AgentSession, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while isinstance(frame := await read_frame(reader), Do):
        reply: Frame = Done()
        try:
            await session.submit(codec.decode_op(bytes(frame.op)))
        except SessionError as error:
            reply = Refused(error.message, error.hint)
        await write_frame(writer, reply)


def prepare_directory(path: Path, hint: str = ELSEWHERE) -> None:
    """A folder of this user's alone. Raises SessionError when something else is in its place."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise SessionError(f"{path} cannot be a folder: {error.strerror}", hint) from error
    if found.st_uid != os.getuid():
        raise SessionError(f"{path} is not a private folder of yours: another user owns it", hint)
    if found.st_mode & 0o077:
        raise SessionError(
            f"{path} is not a private folder of yours: others may enter it",
            f"chmod 700 {path}, or else: {hint}",
        )
