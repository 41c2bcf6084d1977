"""A machine that was away for a week catches up in one round trip for each thread."""

import re
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from loom.core.messages import Thread
from tests.fakes.flaky import FlakyWay
from tests.threads.samples import PNG, shown
from tests.threads.sync.machines import Machine, World

LINE = re.compile(rb"(GET|PUT|PATCH|DELETE) (\S+) HTTP/1.1\r\n")


def asked(way: FlakyWay) -> Counter[str]:
    """How often each thing was asked for; queries are left out."""
    return Counter(
        f"{method.decode()} {path.decode().partition('?')[0]}"
        for method, path in LINE.findall(bytes(way.sent))
    )


@pytest.fixture
async def way(world: World) -> AsyncIterator[FlakyWay]:
    async with FlakyWay(world.team.url) as opened:
        yield opened


@pytest.fixture
async def laptop(world: World, way: FlakyWay) -> Machine:
    machine = await world.machine("laptop")
    machine.url = way.url
    return machine


async def test_a_week_is_caught_up_in_one_round_trip_a_thread(
    world: World, way: FlakyWay, laptop: Machine
) -> None:
    desk = await world.machine("desk")
    ours, theirs = [f"T-a{n}" for n in range(4)], [f"T-b{n}" for n in range(4)]
    for name in (*ours, *theirs):
        await laptop.make(name, "old " * 1_000)
    await laptop.round()
    await desk.round()
    for name in theirs:
        await desk.say(name, *(f"there {n}" for n in range(30)))
    await desk.store.append(theirs[0], shown())
    await desk.make("T-new", "new there")
    await desk.round()
    for name in ours:
        await laptop.say(name, *(f"here {n}" for n in range(30)))
        await laptop.store.update(name, title=f"Renamed {name}", is_pinned=True)
    way.sent.clear()
    done = await laptop.round()
    assert (set(done.sent), set(done.taken)) == ({*ours}, {*theirs, "T-new"})
    expected = {f"PUT /api/threads/{name}": 1 for name in ours}
    expected |= {f"GET /api/threads/{name}": 1 for name in (*theirs, "T-new")}
    assert asked(way) == {"GET /api/threads": 1, **expected}
    # Of what was there already, nothing goes again.
    assert b"old" not in way.sent


async def test_a_round_with_nothing_new_asks_one_question(way: FlakyWay, laptop: Machine) -> None:
    await laptop.make("T-1", "one")
    await laptop.round()
    way.sent.clear()
    await laptop.round()
    assert asked(way) == {"GET /api/threads": 1}


async def test_an_image_is_sent_once(way: FlakyWay, laptop: Machine) -> None:
    await laptop.store.create(Thread("T-1"), [shown()])
    await laptop.round()
    assert PNG.encode() in way.sent
    way.sent.clear()
    await laptop.store.append("T-1", shown())
    await laptop.store.create(Thread("T-2"), [shown()])
    await laptop.round()
    assert PNG.encode() not in way.sent
