"""Who follows a session's events gets each of them once, in order, and learns of its end."""

import asyncio

import pytest

from loom.agent.eventlog import EventLog
from loom.core.messages import Thread
from loom.core.protocol import Notice, SessionClosed, SessionStarted, ToolOutput


def following(log, after):
    """The whole of what a follower gets; `snapshot` is one SessionStarted."""

    async def snapshot():
        await asyncio.sleep(0)
        return [SessionStarted(seq=log.last_seq, thread=Thread("T-1"))]

    async def collect():
        return [event async for event in log.follow(after, snapshot)]

    return asyncio.create_task(collect())


async def numbers(task):
    return [event.seq for event in await asyncio.wait_for(task, 5)]


async def test_many_followers_each_get_everything_in_order():
    log = EventLog()
    tasks = [following(log, 0) for _ in range(20)]
    for number in range(500):
        log.emit(Notice(text=str(number)))
        if number % 7 == 0:
            await asyncio.sleep(0)
    log.emit(SessionClosed())
    assert {tuple(await numbers(task)) for task in tasks} == {tuple(range(1, 502))}


async def test_a_follower_that_fell_behind_gets_what_stands_instead():
    log = EventLog(kept=10)
    log.emit(Notice(text="seen"))
    follower = log.follow(0, lambda: stands(log))
    assert (await anext(follower)).text == "seen"
    for number in range(50):
        log.emit(Notice(text=str(number)))
    assert isinstance(await anext(follower), SessionStarted)


async def stands(log):
    return [SessionStarted(seq=log.last_seq, thread=Thread("T-1"))]


@pytest.mark.parametrize("after", [None, 0, 1])
async def test_one_that_comes_after_the_end_is_told_of_it(after):
    log = EventLog()
    log.emit(Notice(text="one"))
    log.emit(SessionClosed())
    assert (await numbers(following(log, after)))[-1] == 2


async def test_one_that_saw_the_end_is_not_kept_waiting():
    log = EventLog()
    log.emit(SessionClosed())
    assert await numbers(following(log, 1)) == []


async def test_a_session_that_closes_while_a_snapshot_is_made_is_told_as_closed():
    log = EventLog()
    task = following(log, None)
    await asyncio.sleep(0)
    log.emit(SessionClosed())
    assert isinstance((await asyncio.wait_for(task, 5))[-1], SessionClosed)


async def test_what_is_kept_is_bounded_in_bytes():
    log = EventLog(kept_bytes=100_000)
    for _ in range(1_000):
        log.emit(ToolOutput(call_id="c", text="x" * 10_000))
    assert not log.has_since(900)
    assert log.has_since(995)


async def test_one_event_larger_than_all_that_may_be_kept_is_still_delivered():
    log = EventLog(kept_bytes=10)
    task = following(log, 0)
    await asyncio.sleep(0)
    log.emit(ToolOutput(call_id="c", text="x" * 1_000))
    await asyncio.sleep(0)
    log.emit(SessionClosed())
    assert await numbers(task) == [1, 2]
