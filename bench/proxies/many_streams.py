"""A thousand streams of twenty events a second each, all at once."""

import asyncio
import time
from dataclasses import dataclass

from bench.proxies.client import connect
from bench.proxies.contestants import Ask, Contestant
from bench.proxies.processes import cpu, memory

STREAMS = 1000
EVENTS, PERIOD_MS = 200, 50
ASK = Ask(f"bench-n{EVENTS}-d{PERIOD_MS}")
LENGTH = EVENTS * PERIOD_MS / 1000
GRACE = 2.0
"""Seconds that a stream may end later than it is long."""

OPENED_AT_A_TIME, PAUSE = 20, 0.04


@dataclass(frozen=True)
class Carried:
    """What it came to; `cores` from the moment that all streams run to the end of the first."""

    late: int
    cores: float
    memory_mb: float


def carried(contestant: Contestant) -> Carried:
    """Opens all streams over two seconds and reads them to their ends."""
    return asyncio.run(measured(contestant))


async def measured(contestant: Contestant) -> Carried:
    tasks: list[asyncio.Task[float]] = []
    while len(tasks) < STREAMS:
        tasks += [asyncio.create_task(stream(contestant)) for _ in range(OPENED_AT_A_TIME)]
        await asyncio.sleep(PAUSE)
    before, at = cpu(contestant.process), time.perf_counter()
    await asyncio.sleep(LENGTH / 2)
    cores = (cpu(contestant.process) - before) / (time.perf_counter() - at)
    peak = memory(contestant.process)
    lengths = await asyncio.gather(*tasks, return_exceptions=True)
    late = sum(not isinstance(each, float) or each > LENGTH + GRACE for each in lengths)
    return Carried(late, cores, peak)


async def stream(contestant: Contestant) -> float:
    """Seconds to the end of a proper stream."""
    client = await connect(contestant.port)
    try:
        async with asyncio.timeout(LENGTH + 3 * GRACE):
            asked = await client.ask(contestant.request(ASK))
    finally:
        client.leave()
    if contestant.end not in asked.tail:
        raise RuntimeError(f"no end in {asked.tail!r}")
    return asked.whole
