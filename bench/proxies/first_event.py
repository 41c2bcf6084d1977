"""How much later the first event comes than straight from the provider."""

import asyncio
import statistics
from collections.abc import Iterable, Mapping

from bench.proxies.client import Client, connect
from bench.proxies.contestants import Ask, Contestant

ASK = Ask("bench-n20-d4")
SKIPPED = 10


def added_ms(
    provider: Contestant, contestants: Iterable[Contestant], times: int
) -> Mapping[str, float]:
    """Median milliseconds to the first event, less the provider's own; one stream at a time."""
    firsts = asyncio.run(measured((provider, *contestants), times))
    medians = {name: statistics.median(sample) for name, sample in firsts.items()}
    return {name: (each - medians[provider.name]) * 1000 for name, each in medians.items()}


async def measured(contestants: Iterable[Contestant], times: int) -> Mapping[str, list[float]]:
    """Seconds to the first event, in turn through each on a connection that is kept."""
    clients: dict[str, Client] = {each.name: await connect(each.port) for each in contestants}
    firsts: dict[str, list[float]] = {name: [] for name in clients}
    for turn in range(SKIPPED + times):
        for each in contestants:
            asked = await clients[each.name].ask(each.request(ASK))
            if turn >= SKIPPED:
                firsts[each.name].append(asked.first)
    for client in clients.values():
        client.leave()
    return firsts
