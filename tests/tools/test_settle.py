import asyncio
import threading

import pytest

from loom.tools.settle import settle


async def test_cancelled_work_is_over_when_the_cancellation_passes() -> None:
    begun, may_end, done = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        may_end.wait(5)
        done.append("written")

    task = asyncio.ensure_future(settle(work))
    await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["written"]


async def test_error_of_the_work_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await settle(lambda: 1 / 0)
