"""CPU time of proxies for one unit of a load: rounds in turn, medians."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.proxies.client import connect
from bench.proxies.contestants import Ask, Contestant
from bench.proxies.processes import cpu

WARM_UPS = 3
"""Rounds that do not count: the first thousand requests cost more, as Python specializes code."""


@dataclass(frozen=True)
class Load:
    """What one round asks: `streams` connections, `repeats` answers on each.

    `units` is how many requests or events one answer counts for.
    """

    name: str
    ask: Ask
    streams: int
    repeats: int
    units: int = 1


REQUEST = Load("a small request", Ask("bench-n1-d0", is_stream=False), 8, 200)
ALONE = Load("an event that arrives alone", Ask("bench-n150-d4"), 40, 1, 150)
BURST = Load("an event of a burst", Ask("bench-n4000-d0"), 4, 1, 4000)


def costs(load: Load, contestants: Iterable[Contestant], rounds: int) -> Mapping[str, list[float]]:
    """Microseconds a unit, by the contestants' names; each round goes through all of them."""
    samples: dict[str, list[float]] = {each.name: [] for each in contestants}
    for _ in range(WARM_UPS + rounds):
        for each in contestants:
            samples[each.name].append(cost_us(load, each))
    return {name: sample[WARM_UPS:] for name, sample in samples.items()}


def cost_us(load: Load, contestant: Contestant) -> float:
    """Microseconds of the process tree's CPU time for one unit, with what it leaves to do."""
    before = cpu(contestant.process)
    units = asyncio.run(run(load, contestant))
    time.sleep(contestant.afterwards)
    return (cpu(contestant.process) - before) / units * 1e6


async def run(load: Load, contestant: Contestant) -> int:
    """One round; returns the units."""
    streams = max(1, round(load.streams * contestant.share))
    async with asyncio.TaskGroup() as group:
        for _ in range(streams):
            group.create_task(converse(load, contestant))
    return streams * load.repeats * load.units


async def converse(load: Load, contestant: Contestant) -> None:
    """Asks again and again on one connection. Raises RuntimeError when an answer is wrong."""
    client = await connect(contestant.port)
    request = contestant.request(load.ask)
    try:
        for _ in range(load.repeats):
            asked = await client.ask(request)
            if load.ask.is_stream and contestant.end not in asked.tail:
                raise RuntimeError(f"{contestant.name}: no end in {asked.tail!r}")
    finally:
        client.leave()
