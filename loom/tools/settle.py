"""Blocking work off the event loop, which is over when its await is over."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


async def settle(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`function(…)` in a worker thread.

    A thread cannot be stopped half-way, so a cancellation waits for its end and only then passes:
    no file changes after a call was reported as cancelled.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        if not work.cancelled():
            work.exception()
        raise
