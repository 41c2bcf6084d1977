"""Threads in step with the server that the settings name, while something is open."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from loom.cli.plan import Plan
from loom.cli.services import named_server
from loom.config.settings import Settings

if TYPE_CHECKING:
    from loom.threads.store import ThreadStore
    from loom.threads.sync.cycle import Sync

PATIENCE = 1.0
"""Seconds after which the first round begins: what is opened comes first."""


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
    """Rounds in the background; none for a database of its own, such as the demo's."""
    if plan.database is not None or not is_synced(plan.settings):
        yield
        return
    rounds = asyncio.create_task(_rounds(plan.settings, store, tell), name="sync")
    try:
        yield
    finally:
        rounds.cancel()
        await asyncio.wait({rounds})


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
        logging.getLogger(__name__).exception("sync failed")


def _import_parts() -> None:
    """What costs time to import, away from the screen's loop."""
    import aiohttp  # noqa: F401

    import loom.threads.sync.background  # noqa: F401  # imported for the cost alone
