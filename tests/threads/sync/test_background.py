"""Rounds in the background."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from loom.threads.sync.background import InStep, Pace
from loom.threads.sync.state import pending
from tests.threads.sync.machines import Machine, World

QUICK = Pace(tick=0.01, look=0.05, busy=0.02, first=0.01, last=0.05, refused=0.05)


@asynccontextmanager
async def in_step(machine: Machine, pace: Pace = QUICK) -> AsyncIterator[list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    work = InStep(machine.store, machine.sync, lambda *words: told.append(words), pace)
    task = asyncio.create_task(work.run())
    try:
        yield told
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_told(machine: Machine) -> None:
    """Nothing waits here any more."""
    async with asyncio.timeout(10):
        while not machine.sync.account or machine.store.read(
            lambda c: pending(c, machine.sync.account)
        ):
            await asyncio.sleep(0.01)


async def until_tried(machine: Machine, times: int) -> None:
    async with asyncio.timeout(10):
        while machine.rounds < times:
            await asyncio.sleep(0.01)


async def until_texts(machine: Machine, thread: str, texts: list[str]) -> None:
    async with asyncio.timeout(10):
        while not await machine.store.thread(thread) or await machine.texts(thread) != texts:
            await asyncio.sleep(0.01)


async def test_a_change_is_elsewhere_soon(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    async with in_step(laptop), in_step(desk):
        await laptop.make("T-1", "one")
        await until_texts(desk, "T-1", ["one"])
        await desk.say("T-1", "two")
        await until_texts(laptop, "T-1", ["one", "two"])


async def test_offline_is_quiet_and_ends_by_itself(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "loom.threads")
    laptop = await world.machine("laptop")
    laptop.url = "http://127.0.0.1:9"
    async with in_step(laptop) as told:
        await laptop.make("T-1", "one")
        await until_tried(laptop, 5)
        laptop.url = world.team.url
        await until_told(laptop)
    assert told == []
    assert len([each for each in caplog.records if "sync waits" in each.message]) == 1


async def test_a_token_that_does_not_hold_is_not_tried_again_and_again(world: World) -> None:
    laptop = await world.machine("laptop")
    await laptop.make("T-1", "one")
    token, laptop.token = laptop.token, "lt_" + "0" * 64
    async with in_step(laptop):
        await until_tried(laptop, 2)
        laptop.token = token
        await until_told(laptop)


async def test_a_conflict_is_told(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()
    await desk.round()
    await laptop.say("T-1", "here")
    await laptop.round()
    await desk.say("T-1", "there")
    async with in_step(desk) as told, asyncio.timeout(10):
        while not told:
            await asyncio.sleep(0.01)
    ((words, hint),) = told
    assert "T-1 was changed on two machines; both versions are kept" in words
    assert "loom resume T-" in hint
