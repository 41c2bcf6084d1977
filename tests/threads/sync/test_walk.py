"""Three machines and a server, and everything that can happen to them, at random.

In the end nothing is lost: whatever was ever said anywhere is in some thread on the server (on a
machine, where the server erased it); and all machines show the same.
"""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import pytest

from loom.core.errors import SyncError
from loom.server.threads.eraser import Eraser
from loom.threads import writing
from loom.threads.store import ThreadStore
from tests.fakes.flaky import FlakyWay
from tests.threads.sync.machines import Machine, World, texts_of

STEPS = 90
SETTLING = 12
LATER = 2**42
"""Whatever was deleted was deleted before."""


class Walk:
    """The machines, and what was said on them that nobody took back."""

    def __init__(
        self, world: World, machines: list[Machine], chance: random.Random, acts: "Sequence[Act]"
    ) -> None:
        self.acts = acts
        self.world = world
        self.machines = machines
        self.chance = chance
        self.said: set[str] = set()
        self.count = 0

    def text(self) -> str:
        self.count += 1
        self.said.add(f"text {self.count}")
        return f"text {self.count}"

    async def step(self) -> None:
        machine = self.chance.choice(self.machines)
        threads = await machine.store.list(limit=1000)
        if not threads or self.chance.random() < 0.07:
            await machine.make(f"T-{self.count:03d}", self.text())
            return
        thread = self.chance.choice(threads).id
        act = self.chance.choice(self.acts)
        await act(self, machine, thread)

    async def say(self, machine: Machine, thread: str) -> None:
        await machine.say(thread, *(self.text() for _ in range(self.chance.randint(1, 3))))

    async def head(self, machine: Machine, thread: str) -> None:
        word = str(self.chance.randrange(1000))
        changes = ({"title": word}, {"is_pinned": True}, {"tags": (word,)})
        change = self.chance.choice(changes)
        await machine.store.update(thread, **change)

    async def delete(self, machine: Machine, thread: str) -> None:
        await machine.store.delete(thread)
        if self.chance.random() < 0.5:
            await machine.store.restore(thread)
        elif await self.world.server.thread(thread) is None:
            # What is deleted before it was ever sent stays where it is.
            self.said -= set(await machine.texts(thread))

    async def rewind(self, machine: Machine, thread: str) -> None:
        texts = await machine.texts(thread)
        keep = self.chance.randint(min(1, len(texts)), len(texts))
        self.said -= set(texts[keep:])

        def work(connection: sqlite3.Connection) -> None:
            writing.cut(connection, thread, keep)
            writing.update(connection, thread, {})

        await machine.store.writer.run(work)

    async def fork(self, machine: Machine, thread: str) -> None:
        await machine.store.fork(thread)

    async def erase(self, machine: Machine, thread: str) -> None:
        """All that is deleted on the server by now."""
        eraser = Eraser(self.world.server)
        await eraser.deleted(LATER, self.world.team.now)
        await eraser.swept(LATER)

    async def round(self, machine: Machine, thread: str) -> None:
        """A round that may be cut off anywhere, by a lost answer or by the end of the process."""
        try:
            async with asyncio.timeout(self.chance.choice((0.005, 0.02, 0.05, 5, 5, 5))):
                await machine.sync.run()
        except (TimeoutError, SyncError):
            pass


Act = Callable[[Walk, Machine, str], Awaitable[None]]
ACTS = (Walk.say, Walk.say, Walk.head, Walk.delete, Walk.rewind, Walk.fork, *(Walk.round,) * 5)
ERASING = (*ACTS, Walk.erase)


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_is_lost_and_all_machines_agree(world: World, seed: int) -> None:
    walk = await walked(world, seed, ACTS)
    kept = await said_in(world.server)
    assert walk.said <= kept, sorted(walk.said - kept)
    assert len(walk.said) > 10


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_is_lost_where_the_server_erases_what_was_deleted(
    world: World, seed: int
) -> None:
    walk = await walked(world, seed, ERASING)
    stores = [world.server, *(machine.store for machine in walk.machines)]
    kept = {text for store in stores for text in await said_in(store)}
    assert walk.said <= kept, sorted(walk.said - kept)
    shown = {text for _, texts, *_ in (await walk.machines[0].all()).values() for text in texts}
    assert shown <= await said_in(world.server)
    assert len(walk.said) > 10


async def walked(world: World, seed: int, acts: Sequence[Act]) -> Walk:
    """A walk at its end, when all have told each other everything."""
    chance = random.Random(seed)
    machines = [await world.machine(name) for name in ("laptop", "desk", "train")]
    async with AsyncExitStack() as ways:
        is_bad = True
        way = FlakyWay(world.team.url, lambda: is_bad and chance.random() < 0.15)
        await ways.enter_async_context(way)
        for machine in machines:
            machine.url = way.url
        walk = Walk(world, machines, chance, acts)
        for _ in range(STEPS):
            await walk.step()
        is_bad = False
        for machine in machines:
            machine.sync.account = ""
        await settle(machines)
    seen = [await machine.all() for machine in machines]
    assert seen[0] == seen[1] == seen[2]
    return walk


async def settle(machines: list[Machine]) -> None:
    """Rounds until nobody has anything to tell."""
    for _ in range(SETTLING):
        done = [await machine.round() for machine in machines]
        assert not any(each.refused for each in done)
        if not any(each.sent or each.taken or each.waiting for each in done):
            return
    raise AssertionError(f"the machines tell each other things for ever: {done}")


async def said_in(store: ThreadStore) -> set[str]:
    """What is said in a store's threads, deleted ones too."""
    texts: set[str] = set()
    for thread in await store.list(limit=10_000, include_deleted=True):
        texts.update(texts_of(await store.entries(thread.id)))
    return texts
