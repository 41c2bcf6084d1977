"""The runtime's children: begun before they can be stopped, and never waited for for ever."""

import asyncio

from loom.agent.tasks import Tasks


class Work:
    """Notes what happened to it; `stubborn` work ends when it is let go, not when cancelled."""

    def __init__(self, stubborn=False):
        self.seen = []
        self.let_go = asyncio.Event()
        self._stubborn = stubborn

    async def run(self):
        self.seen.append("begun")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.seen.append("cancelled")
            if self._stubborn:
                await self.let_go.wait()
            raise


async def test_a_task_that_is_cancelled_at_once_had_begun():
    work = Work()
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group, lambda key, error: None)
        await tasks.start("a", work.run())
        tasks.cancel(["a"])
    assert work.seen == ["begun", "cancelled"]
    assert tasks.keys == ()


async def test_one_that_does_not_end_is_not_waited_for_for_ever():
    work = Work(stubborn=True)
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group, lambda key, error: None, patience=0.01)
        await tasks.start("a", work.run())
        await asyncio.wait_for(tasks.stop_all(), 5)
        assert tasks.keys == ()
        work.let_go.set()


async def test_a_second_stop_does_not_tear_one_out_of_its_cleaning_up():
    work = Work(stubborn=True)
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group, lambda key, error: None)
        await tasks.start("a", work.run())
        tasks.cancel(["a"])
        again = asyncio.create_task(tasks.stop_all())
        await asyncio.sleep(0)
        work.let_go.set()
        await again
    assert work.seen == ["begun", "cancelled"]


async def test_a_defect_is_told_with_its_key_and_ends_nothing_else():
    told = []

    async def fail():
        raise ValueError("a defect")

    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group, lambda key, error: told.append((key, str(error))))
        await tasks.start("a", fail())
    assert told == [("a", "a defect")]
