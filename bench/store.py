"""Saving a message: the thousandth beside the tenth, and 32 writers beside plain transactions."""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from bench.row import Row, ratio
from bench.stored.archive import cache
from bench.stored.calm import measured
from bench.stored.floor import plain
from loom.core.history import MessageEntry
from loom.core.messages import Message, Text, Thread
from loom.threads.store import ThreadStore

STORES, LENGTH, AROUND = 8, 1_000, 10
WRITERS, EACH, ROUNDS = 32, 15, 7

Append = Callable[[str, MessageEntry], Awaitable[object]]


def measure() -> Iterable[Row]:
    """Each thread is in a database of its own, so that index and file grow with it too."""
    early: list[float] = []
    late: list[float] = []
    for seed in range(STORES):
        times = asyncio.run(growing(seed))
        early += times[AROUND // 2 : AROUND // 2 + AROUND]
        late += times[-AROUND:]
    yield ratio("store: 1,000th message beside the 10th", late, early, 1.3, "µs")
    ours, floor = asyncio.run(crowded())
    yield ratio("store: durable append of 32 writers beside aiosqlite's", ours, floor, 1 / 3, "µs")


async def growing(seed: int) -> list[float]:
    """Microseconds of each of a thread's first thousand saves, durable and indexed."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        async with ThreadStore.open(Path(folder) / "loom.db") as store:
            await store.create(Thread("T-1"))
            return [await save(store.append, "T-1", message(chance)) for _ in range(LENGTH)]


async def crowded() -> tuple[list[float], list[float]]:
    """Microseconds a message of 32 writers at once, each in its thread: Loom's and the floor's."""
    chance = random.Random(0)
    ours: list[float] = []
    floor: list[float] = []
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        path, other = Path(folder) / "loom.db", Path(folder) / "floor.db"
        async with ThreadStore.open(path) as store, ThreadStore.open(other) as made:
            for writer in range(WRITERS):
                await store.create(Thread(f"T-{writer}"))
                await made.create(Thread(f"T-{writer}"))
            async with plain(other) as alone:
                for _ in range(ROUNDS):
                    ours.append(await together(store.append, chance))
                    floor.append(await together(alone.append, chance))
    return ours, floor


async def together(append: Append, chance: random.Random) -> float:
    """Microseconds a message while every writer saves one after another."""
    texts = [[message(chance) for _ in range(EACH)] for _ in range(WRITERS)]

    async def write(writer: int) -> None:
        for entry in texts[writer]:
            await append(f"T-{writer}", entry)

    with measured() as span:
        await asyncio.gather(*map(write, range(WRITERS)))
    return span.corrected * 1e6 / (WRITERS * EACH)


async def save(append: Append, thread_id: str, entry: MessageEntry) -> float:
    """Microseconds until `entry` is on disk."""
    began = time.perf_counter()
    await append(thread_id, entry)
    return (time.perf_counter() - began) * 1e6


def message(chance: random.Random) -> MessageEntry:
    """About a kilobyte of words that a language would have: few common, many rare."""
    words = (f"word{int(chance.paretovariate(0.6)) % 50_000}" for _ in range(120))
    return MessageEntry(Message("assistant", (Text(" ".join(words)),)))
