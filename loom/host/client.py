"""Asks a host's socket one thing at a time."""

import asyncio
from pathlib import Path
from typing import TypeVar

from loom.core.errors import CodecError, HostGone, SessionError
from loom.host.frames import Refused, Reply, Request, read_frame, write_frame
from loom.host.peer import is_same_user

T = TypeVar("T", bound=Reply)

FOREIGN = "Set TMPDIR to a folder that only you can enter."

STOP = "loom daemon stop ends it."

PATIENCE = 20.0
"""Seconds for one answer: a thread may have to be waited for, a sandbox be tried."""


async def ask(path: Path, request: Request, kind: type[T], patience: float = PATIENCE) -> T:
    """The answer of the host at `path`.

    Raises:
        HostGone: nobody is there.
        SessionError: it refused, speaks otherwise, belongs to another user, or does not answer.
    """
    try:
        async with asyncio.timeout(patience):
            reply = await _asked(path, request)
    except TimeoutError as error:
        raise SessionError(f"{path} does not answer", STOP) from error
    except CodecError as error:
        raise SessionError(f"{path} speaks another language: {error.message}", STOP) from error
    if isinstance(reply, kind):
        return reply
    if isinstance(reply, Refused):
        raise SessionError(reply.message, reply.hint)
    raise HostGone(f"the host at {path} is gone")


async def _asked(path: Path, request: Request) -> object:
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except PermissionError as error:
        raise SessionError(f"{path} belongs to another user", FOREIGN) from error
    except OSError as error:
        raise HostGone(f"nobody is at {path}") from error
    try:
        if not is_same_user(writer):
            raise SessionError(f"{path} belongs to another user", FOREIGN)
        await write_frame(writer, request)
        return await read_frame(reader)
    except ConnectionError as error:
        raise HostGone(f"the host at {path} is gone") from error
    finally:
        writer.close()
