"""Work in threads, which nobody can stop: whoever is bounded waits until it is over."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def uncut(work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives. Cancelled, it is cancelled when the work has ended.

    A semaphore around it then counts the threads that run, and not the clients that wait: who
    asks and leaves, again and again, starts no more of them.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
