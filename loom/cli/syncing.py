"""Threads in step with the server that the settings name, while something is open."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from loom.cli.plan import Plan
from loom.cli.services import named_server
from loom.config.settings import Settings
from loom.core.errors import LoomError

if TYPE_CHECKING:
    from loom.threads.store import ThreadStore
    from loom.threads.sync.cycle import Sync

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds after which the first round begins: what is opened comes first."""

LAST_SECONDS = 2.0
"""For which a program that is done waits, so that its thread is on the server."""


def is_synced(settings: Settings) -> bool:
    """A server of others is named, somebody is signed in, and sync is not switched off."""
    return bool(settings.server_url and settings.token and settings.sync.enabled)


def sync_of(settings: Settings, store: "ThreadStore") -> "Sync":
    """The store's sync with the server that the settings name."""
    from loom.threads.sync.cycle import Sync

    find = named_server(settings.server_url, settings.token)
    return Sync(store, find, visibility=settings.sync.visibility)


@asynccontextmanager
async def in_step(
    plan: Plan, store: "ThreadStore", tell: Callable[[str, str], None]
) -> AsyncIterator[None]:
    """Rounds in the background; none where nobody looks, which `send_last` sees to."""
    if not (plan.has_person and _has_a_server(plan)):
        yield
        return
    rounds = asyncio.create_task(_rounds(plan.settings, store, tell), name="sync")
    try:
        yield
    finally:
        rounds.cancel()
        await asyncio.wait({rounds})


def _has_a_server(plan: Plan) -> bool:
    """Its threads go somewhere: those of a database of its own, such as the demo's, do not."""
    return plan.database is None and is_synced(plan.settings)


async def send_last(plan: Plan, store: "ThreadStore", thread_id: str) -> str:
    """Send what waits, this thread first; what has not gone in time waits for the next round.

    Why the server would not take the thread, for the person; else nothing.
    """
    if not _has_a_server(plan):
        return ""
    try:
        async with asyncio.timeout(LAST_SECONDS):
            await _sent(plan.settings, store, thread_id)
    except (TimeoutError, LoomError) as error:
        log.info("sync waits: %s", str(error) or "there was no time for more")
    # What was asked is answered; a defect here must not make a failure of it.
    except Exception:
        log.exception("sync failed")
    return _refusal(store, thread_id)


async def _sent(settings: Settings, store: "ThreadStore", thread_id: str) -> None:
    await asyncio.to_thread(_import_parts)
    sync = sync_of(settings, store)
    while True:
        if await sync.send(thread_id) is not None:
            return
        await asyncio.sleep(0.1)  # another process is at a round


def _refusal(store: "ThreadStore", thread_id: str) -> str:
    from loom.threads.sync.status import refused

    words = {each.id: f"{each.message} {each.hint}".strip() for each in store.read(refused)}
    return f"the thread is on this machine only: {words[thread_id]}" if thread_id in words else ""


async def _rounds(
    settings: Settings, store: "ThreadStore", tell: Callable[[str, str], None]
) -> None:
    await asyncio.sleep(PATIENCE)
    await asyncio.to_thread(_import_parts)
    from loom.threads.sync.background import InStep

    try:
        await InStep(store, sync_of(settings, store), tell).run()
    # The app's task: a defect here must not end the sessions.
    except Exception:
        log.exception("sync failed")


def _import_parts() -> None:
    """What costs time to import, away from the screen's loop."""
    import aiohttp  # noqa: F401

    import loom.threads.sync.background  # noqa: F401  # imported for the cost alone
