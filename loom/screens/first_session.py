"""Which session the app begins with."""

from typing import TYPE_CHECKING

from loom.core.errors import ThreadNotFound
from loom.screens.start import Start

if TYPE_CHECKING:
    from loom.agent.session import AgentSession
    from loom.host.base import SessionHost

_LOOKED_AT = 200


async def first_session(host: "SessionHost", start: Start) -> "AgentSession":
    """A new thread's, or that of the one to resume. Raises ThreadNotFound, StoreError."""
    # Here: the store's imports are paid after the first paint.
    from loom.threads.glimpse import last_spoken

    if start.resume is None:
        return await host.start(start.workspace, is_private=start.is_private)
    if start.resume:
        return await host.open(start.resume)
    recent = await host.services.store.list(str(start.workspace), limit=_LOOKED_AT)
    last = last_spoken(recent)
    if last is None:
        raise ThreadNotFound("there is no thread in this folder yet", "Write, to start one.")
    return await host.open(last.id)
