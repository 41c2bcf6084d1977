"""Clients that leave: how long until the provider is hung up on, and how many never are."""

import asyncio
import json
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bench.proxies.client import Client, connect
from bench.proxies.contestants import Ask, Contestant

PATIENCE = 10.0
MOMENTS = {
    "in mid-stream": Ask("bench-n3000-d50"),
    "before the first token": Ask("bench-n3000-d50-t60000"),
    "of a whole answer": Ask("bench-n1-d0-t60000", is_stream=False),
}


@dataclass(frozen=True)
class Left:
    """Milliseconds until the last of them was hung up on; how many were not within PATIENCE."""

    last_ms: float
    leaked: int


def left(contestant: Contestant, provider: Contestant, ask: Ask, clients: int) -> Left:
    """All ask, all wait for the moment, all leave at once."""
    return asyncio.run(measured(contestant, provider, ask, clients))


async def measured(contestant: Contestant, provider: Contestant, ask: Ask, clients: int) -> Left:
    before = stats(provider)["active"]
    asking = [await asking_client(contestant, ask) for _ in range(clients)]
    while stats(provider)["active"] < before + clients:
        await asyncio.sleep(0.02)
    if ask.is_stream and "-t" not in ask.model:
        await asyncio.gather(*(client.begun.wait() for client, _ in asking))
    at = time.monotonic()
    for client, _ in asking:
        client.leave()
    while stats(provider)["active"] > before and time.monotonic() < at + PATIENCE:
        await asyncio.sleep(0.02)
    for _, task in asking:
        with suppress(RuntimeError):
            await task
    after = stats(provider)
    return Left((after["last_abort"] - at) * 1000, after["active"] - before)


async def asking_client(contestant: Contestant, ask: Ask) -> tuple[Client, "asyncio.Task[object]"]:
    client = await connect(contestant.port)
    return client, asyncio.create_task(client.ask(contestant.request(ask)))


def stats(provider: Contestant) -> dict[str, Any]:
    """What the provider counted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{provider.port}/stats", timeout=5) as answer:
        counted: dict[str, Any] = json.load(answer)
        return counted
