"""A large store of threads, generated once into the cache folder by the real schema and rows."""

import os
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bench.stored.corpus import Corpus
from loom.core.history import Entry
from loom.core.messages import Thread
from loom.db import migrations_in, prepare
from loom.threads import writing
from loom.threads.store import MIGRATIONS

FULL = (100_000, 1_000_000)
QUICK = (5_000, 50_000)
"""Threads and messages."""

WORKSPACES = 200
TOGETHER = 2_500
BEGAN = 1_780_000_000_000
MINUTE_MS = 60_000


def archive(threads: int, messages: int) -> Path:
    """The database of so many threads and messages, made where the cache lacks it."""
    schema = len(migrations_in(MIGRATIONS))
    path = cache() / f"{threads}-{messages}-v{schema}" / "loom.db"
    if not path.exists():
        unfinished = path.with_name("unfinished.db")
        unfinished.unlink(missing_ok=True)
        generate(unfinished, threads, messages)
        unfinished.replace(path)
    return path


def cache() -> Path:
    """A folder on a real disk, for what is written durably."""
    default = Path.home() / ".cache" / "loom-bench"
    folder = Path(os.environ.get("LOOM_BENCH_CACHE", default)) / "stores"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def generate(path: Path, threads: int, messages: int) -> None:
    """Threads one after another, a few thousand messages a transaction; says how far it is."""
    corpus, began = Corpus(seed=4), time.monotonic()
    lengths = lengths_of(threads, messages)
    with closing(prepare(path, migrations_in(MIGRATIONS))) as connection:
        for start in range(0, threads, TOGETHER):
            connection.execute("BEGIN IMMEDIATE")
            for number, length in enumerate(lengths[start : start + TOGETHER], start):
                add(connection, number, corpus.exchange(length))
            connection.execute("COMMIT")
            print(
                f"\r{start + TOGETHER:,} of {threads:,} threads, {time.monotonic() - began:.0f} s",
                end="",
                file=sys.stderr,
            )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    print(file=sys.stderr)


def lengths_of(threads: int, messages: int) -> Sequence[int]:
    """How many messages each thread has: one at least, a few threads very many."""
    chance = random.Random(threads)
    weights = [chance.paretovariate(1.5) for _ in range(threads)]
    more = Counter(chance.choices(range(threads), weights, k=messages - threads))
    return [1 + more[number] for number in range(threads)]


def add(connection: sqlite3.Connection, number: int, entries: Sequence[Entry]) -> None:
    """One thread of a workspace, a tenth as often as the workspace's rank says."""
    at = BEGAN + number * MINUTE_MS
    workspace = min(WORKSPACES - 1, int(random.Random(number).paretovariate(0.5)) - 1)
    thread = Thread(
        f"T-{number:08x}",
        workspace=f"/home/user/work/project{workspace}",
        created_at=at,
        updated_at=at,
        version=1,
        provider="anthropic",
        model="claude-sonnet",
        git_branch=f"feature/{number % 977}",
        git_remote=f"git@example.com:team/project{workspace}.git",
        git_commit=f"{random.Random(-number).getrandbits(160):040x}",
    )
    writing.create(connection, thread, writing.addition_of(entries, at))
