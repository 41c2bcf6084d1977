import asyncio
import threading

import pytest

from loom.server.uncut import uncut


async def test_who_is_cancelled_waits_for_the_thread() -> None:
    begun, may_end = threading.Event(), threading.Event()
    bound = asyncio.Semaphore(1)

    def work() -> None:
        begun.set()
        may_end.wait(10)

    async def bounded() -> None:
        async with bound:
            await uncut(asyncio.to_thread(work))

    task = asyncio.create_task(bounded())
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    await asyncio.wait({task}, timeout=0.02)
    assert bound.locked()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not bound.locked()


async def test_answers_and_errors_pass() -> None:
    assert await uncut(asyncio.to_thread(lambda: 7)) == 7
    with pytest.raises(ZeroDivisionError):
        await uncut(asyncio.to_thread(lambda: 1 // 0))
