"""Finds the user's daemon, or starts it: the one of this version, and only one."""

import asyncio
import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from loom import __version__
from loom.core.errors import HostGone, SessionError
from loom.directories import daemon_directory
from loom.host.client import FOREIGN, ask
from loom.host.door import prepare_directory
from loom.host.frames import AskStatus, Done, Status, Stop

PATIENCE = 20.0
"""Seconds that a daemon gets to start, or to end before another starts."""

_AGAIN = 0.03
_FOR_THE_SERVER = ("LOOM_SERVER_", "ANTHROPIC_", "OPENAI_", "GOOGLE_APPLICATION_")
_TERMINAL = ("TERM", "COLORTERM", "COLUMNS", "LINES", "STY", "TMUX", "SSH_", "TEXTUAL", "XDG_RUN")
"""How variables begin that speak of the starter's terminal and login, which end before it."""


def daemon_socket(environment: Mapping[str, str]) -> Path:
    """Where the user's daemon listens."""
    return daemon_directory(environment) / "daemon.sock"


def server_mark(environment: Mapping[str, str]) -> str:
    """Tells apart what an embedded server is told, keys included, without telling it.

    Empty where it is told nothing.
    """
    told = sorted((k, v) for k, v in environment.items() if k.startswith(_FOR_THE_SERVER))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16] if told else ""


async def reach(
    path: Path,
    spawn: Callable[[], None],
    version: str = __version__,
    *,
    server: str = "",
    patience: float = PATIENCE,
) -> Status:
    """The daemon at `path`, of `version`; it is started with `spawn` where there is none.

    One of another version is replaced unless it is needed; so is one whose embedded server knows
    other keys than the caller's mark, `server`, stands for.

    Raises:
        SessionError: it cannot be started, another version is at work, or its folder is another
            user's.
    """
    prepare_directory(path.parent, FOREIGN)
    deadline = asyncio.get_running_loop().time() + patience
    is_spawned = False
    while asyncio.get_running_loop().time() < deadline:
        try:
            status = await ask(path, AskStatus(), Status, patience)
        except HostGone:
            if not is_spawned:
                spawn()
            is_spawned = True
        else:
            is_same = server in ("", status.server) or status.is_needed
            if not status.is_ending and status.version == version and is_same:
                return status
            await _replace(path, status)
            is_spawned = False
        await asyncio.sleep(_AGAIN)
    raise SessionError("the daemon does not start", "loom daemon run says why.")


async def _replace(path: Path, status: Status) -> None:
    """Let a daemon of another version end, if nobody needs it."""
    if status.is_ending:
        return
    if status.is_needed:
        raise SessionError(
            f"the daemon that runs is Loom {status.version}, and it is at work",
            "When it is done: loom daemon stop.",
        )
    await ask(path, Stop(), Done)


def spawn(environment: Mapping[str, str]) -> None:
    """Start a daemon that is nobody's child and has no terminal."""
    kept = {name: value for name, value in environment.items() if not name.startswith(_TERMINAL)}
    nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    # -P: a folder named loom in the person's project is not this program.
    words = [sys.executable, "-P", "-m", "loom", "daemon", "run"]
    os.posix_spawn(sys.executable, words, kept, file_actions=nothing, setsid=True)
