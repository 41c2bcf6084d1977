"""A machine that is killed in the middle of a round, again and again."""

import asyncio
import itertools
import random
import sys

from tests.threads.sync.machines import World, texts_of

KILLS = 10
NAMES = ("T-0", "T-1", "T-2")


async def test_a_machine_that_is_killed_loses_and_doubles_nothing(world: World) -> None:
    chance, said = random.Random(7), 0
    laptop = await world.machine("laptop")
    path = str(laptop.store.path)
    for _ in range(KILLS):
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.threads.sync.child", path),
            *(world.team.url, world.person.token, str(said + 1)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        lines = chance.randint(1, 8)
        for _ in range(lines):
            said = int(await child.stdout.readline())
        await asyncio.sleep(chance.random() * 0.03)
        child.kill()
        rest = await child.stdout.read()
        await child.wait()
        said = max([said, *(int(line) for line in rest.split(b"\n")[:-1])])
    desk = await world.machine("desk")
    for machine in (laptop, desk, laptop):
        await machine.round()
    assert await laptop.all() == await desk.all()
    here = [await laptop.texts(name) for name in NAMES]
    there = [texts_of(await world.server.entries(name)) for name in NAMES]
    assert there == here
    assert {f"text {number}" for number in range(1, said + 1)} <= {*itertools.chain(*there)}
    assert set(await desk.all()) == set(NAMES)
