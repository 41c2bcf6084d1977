import asyncio

from loom.server.outbound.deadlines import Deadlines


class Impatient:
    """Waits for so many seconds, and notes how long it was let wait."""

    def __init__(self, seconds: float) -> None:
        self.until = asyncio.get_running_loop().time() + seconds
        self.ended: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def look(self, now: float) -> float:
        if now >= self.until and not self.ended.done():
            self.ended.set_result(now - self.until)
        return max(self.until, now + 1)


async def test_each_wait_ends_after_its_own_time_however_they_were_added() -> None:
    deadlines = Deadlines()
    waiting = [Impatient(seconds) for seconds in (30, 0.3, 0.1, 0.2)]
    for each in waiting:
        deadlines.add(each, each.until)
    async with asyncio.timeout(10):
        over = await asyncio.gather(*(each.ended for each in waiting[1:]))
    assert min(over) >= 0
    assert not waiting[0].ended.done()
    deadlines.close()


async def test_nobody_looks_at_who_went_away() -> None:
    deadlines = Deadlines()
    gone, other = Impatient(0.05), Impatient(0.1)
    for each in (gone, other):
        deadlines.add(each, each.until)
    deadlines.discard(gone)
    async with asyncio.timeout(10):
        await other.ended
    assert not gone.ended.done()
    deadlines.close()
