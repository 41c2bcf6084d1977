import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from loom.core.errors import StoreError, StoreFull
from loom.db import Migration, Writer, connect, prepare

SCHEMA = [Migration(1, "001_rows", "CREATE TABLE rows (x UNIQUE);")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db"


@pytest.fixture
async def writer(path: Path) -> AsyncIterator[Writer]:
    writer = Writer(prepare(path, SCHEMA), path)
    yield writer
    await writer.close()


def insert(value: object) -> Callable[[sqlite3.Connection], int | None]:
    return lambda connection: connection.execute("INSERT INTO rows VALUES (?)", (value,)).lastrowid


def rows(path: Path) -> list[object]:
    with closing(connect(path, is_read_only=True)) as connection:
        return [value for (value,) in connection.execute("SELECT x FROM rows")]


async def hold(writer: Writer) -> tuple[threading.Event, asyncio.Future[bool]]:
    """Keeps the writer busy until the event is set, so that jobs gather behind it."""
    has_begun, gate = threading.Event(), threading.Event()

    def wait(_: sqlite3.Connection) -> bool:
        has_begun.set()
        return gate.wait(10)

    held = asyncio.ensure_future(writer.run(wait))
    await asyncio.to_thread(has_begun.wait, 10)
    return gate, held


async def test_job_is_visible_to_others_when_run_returns(writer: Writer, path: Path) -> None:
    assert await writer.run(insert("a")) == 1
    assert rows(path) == ["a"]


async def test_jobs_that_wait_together_share_one_commit(writer: Writer, path: Path) -> None:
    changes = connect(path, is_read_only=True)
    gate, _held = await hold(writer)
    jobs = [asyncio.ensure_future(writer.run(insert(n))) for n in range(50)]
    seen = set()

    def count(_: sqlite3.Connection) -> None:
        seen.add(changes.execute("SELECT count(*) FROM rows").fetchone()[0])

    last = asyncio.ensure_future(writer.run(count))
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*jobs, last)
    assert seen == {0}
    assert len(rows(path)) == 50
    changes.close()


async def test_failing_job_is_undone_alone(writer: Writer, path: Path) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO rows VALUES ('half')")
        raise LookupError("no")

    gate, _held = await hold(writer)
    jobs = [asyncio.ensure_future(writer.run(job)) for job in (insert(1), half, insert(2))]
    await asyncio.sleep(0)
    gate.set()
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(outcomes[1], LookupError)
    assert rows(path) == [1, 2]


async def test_job_that_loses_the_transaction_fails_alone(writer: Writer, path: Path) -> None:
    gate, _held = await hold(writer)
    lose = insert("lost")

    def losing(connection: sqlite3.Connection) -> None:
        lose(connection)
        connection.execute("INSERT OR ROLLBACK INTO rows VALUES ('lost')")

    jobs = [asyncio.ensure_future(writer.run(job)) for job in (insert(1), losing, insert(2))]
    await asyncio.sleep(0)
    gate.set()
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(outcomes[1], StoreError)
    assert rows(path) == [1, 2]


async def test_bare_job_makes_its_own_transaction_between_those_of_others(
    writer: Writer, path: Path
) -> None:
    gate, _held = await hold(writer)

    def bare(connection: sqlite3.Connection) -> list[object]:
        before = rows(path)
        connection.execute("PRAGMA foreign_keys = OFF")
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (0,)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO rows VALUES ('b')")
        connection.execute("COMMIT")
        return before

    before = asyncio.ensure_future(writer.run(insert("a")))
    found = asyncio.ensure_future(writer.run_bare(bare))
    after = asyncio.ensure_future(writer.run(insert("c")))
    gate.set()
    await asyncio.gather(before, found, after)
    assert (await found, rows(path)) == (["a"], ["a", "b", "c"])


async def test_bare_job_that_fails_leaves_nothing_and_hinders_nobody(
    writer: Writer, path: Path
) -> None:
    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO rows VALUES ('half')")
        raise KeyError("half way")

    with pytest.raises(KeyError, match="half way"):
        await writer.run_bare(fails)
    with pytest.raises(StoreError):
        await writer.run_bare(lambda c: c.execute("INSERT INTO nothing VALUES (1)"))
    await writer.run(insert("a"))
    assert rows(path) == ["a"]


async def test_cancelled_job_that_has_not_begun_is_dropped(writer: Writer, path: Path) -> None:
    gate, _held = await hold(writer)
    waiting = asyncio.ensure_future(writer.run(insert("unwanted")))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    gate.set()
    await writer.run(insert("wanted"))
    assert rows(path) == ["wanted"]


async def test_cancelled_job_that_has_begun_is_committed_all_the_same(
    writer: Writer, path: Path
) -> None:
    gate, _held = await hold(writer)

    def last(connection: sqlite3.Connection) -> None:
        asyncio.run_coroutine_threadsafe(cancel(), loop).result(10)
        insert("kept")(connection)

    async def cancel() -> None:
        cancelled.cancel()

    loop = asyncio.get_running_loop()
    cancelled = asyncio.ensure_future(writer.run(last))
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    await writer.run(insert("next"))
    assert rows(path) == ["kept", "next"]


async def test_closing_commits_what_waits(writer: Writer, path: Path) -> None:
    gate, _held = await hold(writer)
    jobs = [asyncio.ensure_future(writer.run(insert(n))) for n in range(200)]
    await asyncio.sleep(0)
    gate.set()
    await writer.close()
    await asyncio.gather(*jobs)
    assert len(rows(path)) == 200


async def test_closed_writer_says_so(writer: Writer) -> None:
    await writer.close()
    await writer.close()
    with pytest.raises(StoreError, match="is closed"):
        await writer.run(insert(1))


async def test_full_database_is_a_clear_error_and_recovers(writer: Writer, path: Path) -> None:
    def limit(pages: int) -> Callable[[sqlite3.Connection], object]:
        return lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    await writer.run(limit(6))
    with pytest.raises(StoreFull, match="no room"):
        await writer.run(insert("x" * 100_000))
    await writer.run(limit(1_000_000))
    await writer.run(insert("small"))
    assert rows(path) == ["small"]


async def test_lock_held_by_another_process_is_a_clear_error(path: Path) -> None:
    connection = prepare(path, SCHEMA)
    connection.execute("PRAGMA busy_timeout = 20")
    writer = Writer(connection, path)
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another process"):
            await writer.run(insert(1))
        other.execute("ROLLBACK")
    await writer.run(insert(2))
    await writer.close()
    assert rows(path) == [2]


FORGETFUL = """
import asyncio, sys
from pathlib import Path
from loom.threads.store import ThreadStore
from loom.core.messages import Thread
async def main():
    store = ThreadStore.open(Path(sys.argv[1]))
    await store.create(Thread("T-1"))
    print("created")
asyncio.run(main())
"""


def test_program_that_forgets_to_close_its_store_still_exits(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORGETFUL, path], timeout=20, capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"created\n", b"")
