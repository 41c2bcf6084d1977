"""A server that has no more room for a person: everything stays here, and they are told once."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from loom.server.keys import STORAGE
from loom.server.sections.storage import StorageSettings
from loom.threads.sync import refusals, state
from loom.threads.sync.status import status, told
from tests.server.conftest import TeamUp
from tests.threads.sync.machines import Machine, World
from tests.threads.sync.test_background import in_step

LIMIT = 20 * 1024


@pytest.fixture
async def world(team: TeamUp, tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as machines:
        loom = await team(storage=StorageSettings(max_bytes_per_user=LIMIT))
        await loom.sign_up("root@example.com")
        yield World(loom, await loom.sign_up("alice@example.com"), tmp_path, machines)


def noise(seed: int) -> str:
    """Eight KiB that no packing makes smaller."""
    return random.Random(seed).randbytes(4 * 1024).hex()


def notices(machine: Machine) -> list[str]:
    return [notice.kind for notice in machine.store.read(state.notices)]


async def filled(world: World) -> Machine:
    """A machine with two threads on the server, for whose third there is no room."""
    laptop = await world.machine("laptop")
    for n in range(3):
        await laptop.make(f"T-{n}", noise(n))
    done = await laptop.round()
    assert (done.sent, done.refused, done.full) == (["T-0", "T-1"], ["T-2"], ["T-2"])
    return laptop


async def test_everything_stays_here_and_the_person_is_told_once(world: World) -> None:
    laptop = await filled(world)
    assert await laptop.texts("T-2") == [noise(2)]
    assert await world.server.thread("T-2") is None
    assert notices(laptop) == ["full"]
    # What is said goes on here; it is tried with each change, and told no more.
    for text in ("more", "and more"):
        await laptop.say("T-2", text)
        done = await laptop.round()
        assert (done.refused, done.full) == (["T-2"], [])
    await laptop.make("T-3", noise(3))
    assert (await laptop.round()).refused == ["T-3"]
    assert notices(laptop) == ["full"]
    ((words, hint),) = [told(each) for each in laptop.store.read(state.notices)]
    assert "stays on this machine" in words
    assert "loom delete" in hint
    found = laptop.store.read(lambda c: status(c, world.team.url))
    assert {each.id for each in found.refused} == {"T-2", "T-3"}
    assert "keeps 20.0 KiB for a person" in found.refused[0].message


async def test_a_server_without_room_is_not_asked_again_and_again(world: World) -> None:
    laptop = await filled(world)
    done = await laptop.round()
    assert (done.sent, done.refused) == ([], [])


async def test_what_is_deleted_makes_room_for_what_waits(world: World) -> None:
    laptop = await filled(world)
    await laptop.store.delete("T-0")
    await laptop.round()
    assert (await laptop.round()).sent == ["T-2"]
    assert len(await world.server.entries("T-2")) == 1
    assert len(await laptop.store.entries("T-0")) == 1
    # The next time there is none is news again.
    await laptop.make("T-3", noise(3))
    assert (await laptop.round()).full == ["T-3"]
    assert notices(laptop) == ["full", "full"]


async def test_a_server_that_got_room_is_found_within_the_hour(world: World) -> None:
    laptop = await filled(world)
    world.team.app[STORAGE].take(StorageSettings(max_bytes_per_user=0))
    await laptop.round()
    laptop.later += refusals.PAUSE + 1
    assert (await laptop.round()).sent == ["T-2"]


async def test_a_server_that_has_still_none_is_told_no_more(world: World) -> None:
    laptop = await filled(world)
    for _ in range(3):
        laptop.later += refusals.PAUSE + 1
        done = await laptop.round()
        assert (done.refused, done.full) == (["T-2"], [])


async def test_who_asks_at_once_is_told_again(world: World) -> None:
    laptop = await filled(world)
    await laptop.store.writer.run(refusals.try_again)
    assert (await laptop.round()).full == ["T-2"]


async def test_the_app_tells_it_once(world: World) -> None:
    laptop = await world.machine("laptop")
    async with in_step(laptop) as said, asyncio.timeout(20):
        for n in range(4):
            await laptop.make(f"T-{n}", noise(n))
        while len(laptop.store.read(lambda c: status(c, world.team.url)).refused) < 2:
            await asyncio.sleep(0.01)
        await laptop.say("T-3", "more")
        while laptop.store.read(lambda c: status(c, world.team.url)).waiting:
            await asyncio.sleep(0.01)
    assert [words for words, _ in said] == [
        "The server has no more room for your threads: what is new stays on this machine."
    ]
