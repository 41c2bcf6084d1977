"""A store of 100,000 threads and a million messages: listing, searching, and its size on disk.

LOOM_BENCH_QUICK=1 (`--quick`) takes a twentieth of it. The store is generated once, in some
minutes, and kept in the cache folder.
"""

import asyncio
import os
import sqlite3
import statistics
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import aiosqlite

from bench.row import Row
from bench.stored.archive import FULL, QUICK, archive
from bench.stored.calm import measured
from bench.stored.corpus import Corpus, name_of
from bench.terminals.latency import percentile
from loom.db import connect
from loom.threads import heads
from loom.threads.store import ThreadStore
from loom.threads.words import expression_of, words_of

LIST_MS, SEARCH_MS, TIMES_THE_TEXT = 1.0, 2.0, 2.2
LISTS, SEARCHES, WORDS = 1_000, 9, 20

RANKS = {
    "in most messages": 0,
    "common": 40,
    "mid": 1_000,
    "rare": 10_000,
    "very rare": 50_000,
}
"""By how frequent a word is: 0 is the most frequent one."""

_LIST = f"{heads.SELECT} WHERE deleted_at IS NULL ORDER BY updated_at DESC, key DESC LIMIT 50"
_HITS = "SELECT count(*) FROM entries_text WHERE entries_text MATCH ?"


def measure() -> Iterator[Row]:
    """Beside them: the same list by aiosqlite, and counting all hits, which any ranking must."""
    path = archive(*(QUICK if os.environ.get("LOOM_BENCH_QUICK") else FULL))
    yield size(path)
    yield asyncio.run(listed(path))
    yield from asyncio.run(searched(path))


def size(path: Path) -> Row:
    """The database beside the text that people and models wrote and read in it."""
    with closing(connect(path, is_read_only=True)) as connection:
        (text,) = connection.execute(
            "SELECT sum(length(CAST(text AS BLOB))) FROM entries"
        ).fetchone()
        (messages,) = connection.execute("SELECT count(*) FROM entries").fetchone()
    total = path.stat().st_size
    detail = f"{total / 1e6:,.0f} MB with {text / 1e6:,.0f} MB of text in {messages:,} messages"
    return Row("store: database beside its text", total / text, TIMES_THE_TEXT, detail=detail)


async def listed(path: Path) -> Row:
    """The 99th percentile of listing 50 threads, of all workspaces and of one in turn."""
    async with ThreadStore.open(path) as store, aiosqlite.connect(path) as plain:
        (first, *_) = await store.list()
        workspaces = (None, first.workspace)
        ours = await times(lambda n: store.list(workspaces[n % 2]), LISTS)
        floor = await times(lambda _: plain.execute_fetchall(_LIST), LISTS)
    detail = f"median {statistics.median(ours):.2f} ms, {len(ours)} lists"
    beside = {"aiosqlite": f"{percentile(floor, 0.99):.2f} ms"}
    name = "store: list of 50, p99"
    return Row(name, percentile(ours, 0.99), LIST_MS, "ms", detail, beside)


async def times(ask: Callable[[int], Awaitable[object]], count: int) -> list[float]:
    """Milliseconds of each, without waiting for a core."""
    taken: list[float] = []
    for number in range(count):
        with measured() as span:
            await ask(number)
        taken.append(span.corrected * 1e3)
    return taken


async def searched(path: Path) -> list[Row]:
    """CPU of a search, of the slowest of several words; only plain words are promised."""
    # Its long speech is let go: looking through it for garbage would be counted as a search.
    words = Corpus(seed=4).words
    rows: list[Row] = []
    async with ThreadStore.open(path) as store:
        with closing(connect(path, is_read_only=True)) as floor:
            for name, rank in RANKS.items():
                wanted = words[rank : rank + WORDS]
                rows.append(await slowest(store, floor, f"word {name}", wanted, SEARCH_MS))
            seldom = [name_of(number) for number in range(WORDS)]
            rows.append(await slowest(store, floor, "word in five texts", seldom, SEARCH_MS))
            two = [f"{words[40 + n]} {words[1_000 + n]}" for n in range(WORDS)]
            rows.append(await slowest(store, floor, "two words", two))
            beginnings = [word[:4] for word in words[1_000 : 1_000 + WORDS]]
            rows.append(await slowest(store, floor, "beginning of words", beginnings))
            rows.append(await slowest(store, floor, "word that is nowhere", ["qqxyzzy"]))
    return rows


async def slowest(
    store: ThreadStore,
    floor: sqlite3.Connection,
    name: str,
    queries: Sequence[str],
    limit_ms: float = float("inf"),
) -> Row:
    """The query whose median is highest, asked twice running: the first time its pages are cold."""
    first, again = await cpu_ms(store, queries)
    query = max(queries, key=again.__getitem__)
    with measured() as span:
        (hits,) = floor.execute(_HITS, (expression_of(words_of(query)),)).fetchone()
    found = len(await store.search(query))
    cold = max(first.values())
    detail = f"{query!r}: {hits:,} hits, {found} shown; behind other words at most {cold:.1f} ms"
    beside = {"all hits counted": f"{span.cpu * 1e3:.1f} ms"}
    return Row(f"store: search, {name}", again[query], limit_ms, "ms CPU", detail, beside)


async def cpu_ms(
    store: ThreadStore, queries: Sequence[str]
) -> tuple[dict[str, float], dict[str, float]]:
    """Medians of each query, by itself and right behind itself.

    In rounds, so that a slow moment of the machine does not make one query slow.
    """
    taken: list[dict[str, list[float]]] = [{query: [] for query in queries} for _ in range(2)]
    for _ in range(SEARCHES):
        for query in queries:
            for times in taken:
                with measured() as span:
                    await store.search(query)
                times[query].append(span.cpu * 1e3)
    first, again = ({q: statistics.median(t) for q, t in each.items()} for each in taken)
    return first, again
