"""Ends the user's daemon: by asking, or where it understands nobody, by a signal."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from loom.core.errors import HostGone, SessionError
from loom.host.client import ask
from loom.host.frames import Done, Stop
from loom.host.peer import listener

ASKED = 5.0
"""Seconds for an answer before the signal."""

ENDING = 15.0
"""Seconds in which a daemon that was told to stop has closed its sessions."""


async def end_daemon(path: Path, asked: float = ASKED, patience: float = ENDING) -> bool:
    """Whether the daemon at `path` has ended within `patience`; True where none was.

    SIGTERM closes its sessions as the word does. Raises SessionError when it neither understands
    the word nor can be told by a signal.
    """
    try:
        await ask(path, Stop(), Done, asked)
    except HostGone:
        return True
    except SessionError:
        if (pid := listener(path)) is None:
            raise
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    return await _ends(path, patience)


async def is_gone(path: Path) -> bool:
    """Whether nobody listens at `path`, be there a socket's file or not."""
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return True
    writer.close()
    return False


async def _ends(path: Path, patience: float) -> bool:
    deadline = asyncio.get_running_loop().time() + patience
    while asyncio.get_running_loop().time() < deadline:
        if await is_gone(path):
            return True
        await asyncio.sleep(0.05)
    return False
