"""An AgentSession that lives in another process, reached through its host's socket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from msgspec import Raw

from loom.core import codec
from loom.core.errors import CodecError, SessionError
from loom.core.protocol import AnyEvent, AnyOp, SessionClosed
from loom.host.frames import (
    Do,
    Done,
    Drive,
    Frame,
    Happened,
    Refused,
    Watch,
    read_frame,
    write_frame,
)
from loom.host.peer import is_same_user

LOST = "The process that ran this session is gone."
RESUME = "Open the thread: loom resume"


async def is_live(path: Path, thread_id: str, patience: float) -> bool:
    """Whether the host at `path` shows the session on a thread, within `patience` seconds.

    That a connection is taken proves nothing: the kernel takes it for a process that is dying.
    """
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                if not is_same_user(writer):
                    return False
                await write_frame(writer, Watch(thread_id))
                return isinstance(await read_frame(reader), Happened)
            finally:
                writer.close()
    except (OSError, CodecError):
        return False


class RemoteSession:
    """Implements AgentSession over a Unix socket; looks no different from a local one."""

    def __init__(self, path: Path, thread_id: str) -> None:
        self.path = path
        self._thread_id = thread_id
        self._drive: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    @property
    def thread_id(self) -> str:
        """The thread this session lives on."""
        return self._thread_id

    async def submit(self, op: AnyOp) -> None:
        """Hand over an Op. Raises SessionError when the session or its process is gone."""
        async with self._turn:
            # Taken out while it is in use: after anything but Done (a cancelled wait too, whose
            # reply would be the next one's) the connection is good for nothing.
            drive, self._drive = self._drive or await self._connect(Drive(self._thread_id)), None
            try:
                await _exchange(*drive, op)
                self._drive = drive
            finally:
                if self._drive is None:
                    drive[1].close()

    async def events(self, after: int | None = None) -> AsyncIterator[AnyEvent]:
        """Events as they come. Raises SessionError when the other process ends."""
        reader, writer = await self._connect(Watch(self._thread_id, after))
        try:
            while isinstance(frame := await _next(reader), Happened):
                event = codec.decode_event(bytes(frame.event))
                yield event
                if isinstance(event, SessionClosed):
                    return
            raise _refusal(frame)
        finally:
            writer.close()

    async def _connect(self, first: Frame) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            reader, writer = await asyncio.open_unix_connection(self.path)
            if not is_same_user(writer):
                writer.close()
                raise SessionError(LOST, RESUME)
            await write_frame(writer, first)
        except OSError as error:
            raise SessionError(LOST, RESUME) from error
        return reader, writer

    def close(self) -> None:
        """Let the session go; it lives on."""
        if self._drive is not None:
            self._drive[1].close()
            self._drive = None


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, op: AnyOp) -> None:
    """Send one Op and wait for its Done. Raises SessionError for any other answer."""
    try:
        await write_frame(writer, Do(Raw(codec.encode(op))))
    except ConnectionError as error:
        raise SessionError(LOST, RESUME) from error
    reply = await _next(reader)
    if not isinstance(reply, Done):
        raise _refusal(reply)


async def _next(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame; None when the other process ended, be it in the middle of one."""
    try:
        return await read_frame(reader)
    except CodecError:
        if reader.at_eof():
            return None
        raise


def _refusal(frame: Frame | None) -> SessionError:
    if isinstance(frame, Refused):
        return SessionError(frame.message, frame.hint)
    return SessionError(LOST, RESUME)
