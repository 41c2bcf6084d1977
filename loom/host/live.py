"""Which threads are live, in whatever process of this user."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from loom.core.errors import SessionError
from loom.host.client import ask
from loom.host.frames import AskStatus, LiveSession, Status
from loom.threads.lease import holders

PATIENCE = 2.0


async def live_sessions(leases: Path) -> Mapping[str, LiveSession]:
    """By thread id, as their hosts tell; hosts that do not answer have none."""
    sockets = {holder.socket for holder in holders(leases) if holder.socket}
    told = await asyncio.gather(*(_sessions(Path(path)) for path in sockets))
    return {session.thread_id: session for sessions in told for session in sessions}


async def live_session(leases: Path, thread_id: str) -> LiveSession | None:
    """The session on one thread, as its host tells; only that host is asked."""
    for holder in holders(leases, thread_id):
        for session in await _sessions(Path(holder.socket)) if holder.socket else ():
            if session.thread_id == thread_id:
                return session
    return None


async def _sessions(path: Path) -> tuple[LiveSession, ...]:
    try:
        return (await ask(path, AskStatus(), Status, PATIENCE)).sessions
    except SessionError:
        return ()
