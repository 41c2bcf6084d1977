"""What is left when a process is killed, the disk is full, or two write at once."""

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from loom.core.errors import StoreFull
from loom.core.history import MessageEntry
from loom.core.messages import Thread
from loom.threads.store import ThreadStore
from tests.threads.samples import answered, said

PAIR = """
import asyncio, sys
from pathlib import Path
from loom.core.messages import Image, Thread
from loom.threads.store import ThreadStore
from tests.threads.samples import PNG, answered, said

async def main(path, name, times):
    async with ThreadStore.open(path) as store:
        if await store.thread(name) is None:
            await store.create(Thread(name))
        for n in range(times):
            pair = said(f"{name} {n}"), answered("output " * 200, f"c{n}", Image("image/png", PNG))
            await store.append(name, *pair)
            print(n, flush=True)

asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
"""


def start(path: Path, name: str, times: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PAIR, str(path), name, str(times)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def kill_after(process: subprocess.Popen[bytes], lines: int, delay: float) -> int:
    """Kills the writer `delay` seconds after its `lines`th commit; how many it said were done."""
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(lines)]
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    # Not `communicate`, which does not see what `readline` has read ahead.
    rest = process.stdout.read()
    process.communicate()
    return len([line for line in [*told, *rest.splitlines(keepends=True)] if line.endswith(b"\n")])


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO entries_text (entries_text, rank) VALUES ('integrity-check', 1)"
        )
        checks = [connection.execute("PRAGMA integrity_check").fetchall()]
        checks.append(connection.execute("PRAGMA foreign_key_check").fetchall())
    return checks == [[("ok",)], []]


async def texts(store: ThreadStore, name: str) -> list[str]:
    entries = await store.entries(name)
    return [entry.message.text for entry in entries if isinstance(entry, MessageEntry)]


async def test_killed_writer_loses_nothing_it_was_told_is_saved(path: Path) -> None:
    done = 0
    for turn in range(8):
        told = kill_after(start(path, f"T-{turn}", 10_000), lines=3 + turn, delay=turn * 0.0007)
        async with ThreadStore.open(path) as store:
            found = await texts(store, f"T-{turn}")
            entries = await store.entries(f"T-{turn}")
            head = await store.find(f"T-{turn}")
        assert told <= len(found) <= told + 1
        assert len(entries) == 2 * len(found), "half an append is there"
        assert found == [f"T-{turn} {n}" for n in range(len(found))]
        assert head.message_count == len(found)
        done += told
    assert is_sound(path)
    assert done >= 8 * 3


async def test_two_processes_append_to_one_database(path: Path) -> None:
    both = [start(path, name, 60) for name in ("T-a", "T-b")]
    errors = [process.communicate(timeout=30)[1] for process in both]
    assert errors == [b"", b""]
    async with ThreadStore.open(path) as store:
        for name in ("T-a", "T-b"):
            assert await texts(store, name) == [f"{name} {n}" for n in range(60)]
    assert is_sound(path)


async def test_two_processes_append_to_one_thread(path: Path) -> None:
    async with ThreadStore.open(path) as store:
        await store.create(Thread("T-a"))
        both = [start(path, "T-a", 40) for _ in range(2)]
        errors = [process.communicate(timeout=30)[1] for process in both]
        assert errors == [b"", b""]
        assert sorted(await texts(store, "T-a")) == sorted(2 * [f"T-a {n}" for n in range(40)])
        assert (await store.find("T-a")).message_count == 80
    assert is_sound(path)


async def test_full_database_is_readable_and_then_writable(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [said("first")])
    await store.writer.run(lambda db: db.execute("PRAGMA max_page_count = 1").fetchall())
    with pytest.raises(StoreFull, match="no room"):
        await store.append("T-1", said("small"), answered("large" * 100_000))
    assert await store.entries("T-1") == (said("first"),)
    await store.writer.run(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchall())
    await store.append("T-1", said("later"))
    assert await store.entries("T-1") == (said("first"), said("later"))
    assert is_sound(store.path)


FULL = """
import asyncio, resource, sys
from pathlib import Path
from loom.core.errors import StoreFull
from loom.core.messages import Thread
from loom.threads.store import ThreadStore
from tests.threads.samples import said

async def main(path):
    async with ThreadStore.open(path) as store:
        await store.create(Thread("T-1"), [said("first")])
        size = path.with_name(path.name + "-wal").stat().st_size
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 6000, most))
        try:
            await store.append("T-1", said("x" * 100_000))
        except StoreFull as error:
            print("full:", error.hint)
        print(len(await store.entries("T-1")), "readable")
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        await store.append("T-1", said("later"))
        print(len(await store.entries("T-1")), "writable")

asyncio.run(main(Path(sys.argv[1])))
"""


def test_file_that_may_not_grow_is_a_clear_error_and_no_loss(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, timeout=30)
    assert done.stderr == b""
    first, *rest = done.stdout.decode().splitlines()
    assert first.startswith("full: Free some space")
    assert rest == ["1 readable", "2 writable"]
    assert is_sound(path)
