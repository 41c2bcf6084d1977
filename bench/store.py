"""Saving a message: the thousandth beside the tenth, and many at once beside one at a time."""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bench.row import Row, ratio
from loom.core.history import MessageEntry
from loom.core.messages import Message, Text, Thread
from loom.threads.store import ThreadStore

STORES, LENGTH, AROUND = 8, 1_000, 10
TOGETHER, ROUNDS = 32, 12


def measure() -> Iterable[Row]:
    """Each thread is in a database of its own, so that index and file grow with it too."""
    early: list[float] = []
    late: list[float] = []
    for seed in range(STORES):
        times = asyncio.run(growing(seed))
        early += times[AROUND // 2 : AROUND // 2 + AROUND]
        late += times[-AROUND:]
    yield ratio("store: 1,000th message beside the 10th", late, early, 1.5, "µs")
    alone, together = asyncio.run(shared())
    yield ratio("store: 32 saves at once, each, beside one alone", together, alone, 1.0, "µs")


async def growing(seed: int) -> list[float]:
    """Microseconds of each of a thread's first thousand saves, durable and indexed."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        async with ThreadStore.open(Path(folder) / "loom.db") as store:
            await store.create(Thread("T-1"))
            return [await save(store, message(chance)) for _ in range(LENGTH)]


async def shared() -> tuple[list[float], list[float]]:
    """Microseconds of one save alone, and of each of 32 that wait together, alternating."""
    chance = random.Random(0)
    alone: list[float] = []
    together: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        async with ThreadStore.open(Path(folder) / "loom.db") as store:
            await store.create(Thread("T-1"))
            for _ in range(ROUNDS):
                alone.append(await save(store, message(chance)))
                batch = [message(chance) for _ in range(TOGETHER)]
                began = time.perf_counter()
                await asyncio.gather(*(store.append("T-1", entry) for entry in batch))
                together.append((time.perf_counter() - began) * 1e6 / TOGETHER)
    return alone, together


async def save(store: ThreadStore, entry: MessageEntry) -> float:
    """Microseconds until `entry` is on disk."""
    began = time.perf_counter()
    await store.append("T-1", entry)
    return (time.perf_counter() - began) * 1e6


def message(chance: random.Random) -> MessageEntry:
    """About a kilobyte of words that a language would have: few common, many rare."""
    words = (f"word{int(chance.paretovariate(0.6)) % 50_000}" for _ in range(120))
    return MessageEntry(Message("assistant", (Text(" ".join(words)),)))
