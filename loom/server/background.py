"""What runs beside requests for as long as the application does: one TaskGroup owns it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


class Background:
    """Starts work that no request waits for.

    Work that fails with an exception ends the application's background as a whole: what may fail
    catches what it can deal with.
    """

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs `work` until it ends or the application does, which cancels it."""
        return self._group.create_task(work)


@asynccontextmanager
async def running() -> AsyncIterator[Background]:
    """A Background; on leaving, what still runs is cancelled and awaited.

    The group lives in a task of its own, since an application may be set up and cleaned up by
    different tasks.
    """
    ready: asyncio.Future[Background] = asyncio.get_running_loop().create_future()
    owner = asyncio.create_task(_own(ready))
    try:
        yield await ready
    finally:
        owner.cancel()
        await asyncio.gather(owner, return_exceptions=True)


async def _own(ready: "asyncio.Future[Background]") -> None:
    async with asyncio.TaskGroup() as group:
        ready.set_result(Background(group))
        await asyncio.Event().wait()
