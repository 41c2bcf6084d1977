import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from loom.db import Migration, Readers, prepare

SCHEMA = [Migration(1, "001_rows", "CREATE TABLE rows (x);")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prepare(tmp_path / "db", SCHEMA).close()
    return tmp_path / "db"


@pytest.fixture
def readers(path: Path) -> Iterator[Readers]:
    with closing(Readers(path)) as readers:
        yield readers


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM rows").fetchone()[0])


def test_connection_is_kept_for_the_next_and_sees_every_commit(
    path: Path, readers: Readers
) -> None:
    with readers.one() as first:
        assert count(first) == 0
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("INSERT INTO rows VALUES (1)")
    with readers.one() as second:
        assert second is first
        assert count(second) == 1


def test_two_at_once_have_a_connection_each(readers: Readers) -> None:
    with readers.one() as first, readers.one() as second:
        assert first is not second


def test_many_at_once_are_answered_and_few_connections_are_kept(readers: Readers) -> None:
    def ask(_: int) -> int:
        with readers.one() as connection:
            return count(connection)

    with ThreadPoolExecutor(16) as workers:
        assert list(workers.map(ask, range(200))) == [0] * 200


def test_connection_that_failed_is_not_used_again(readers: Readers) -> None:
    with pytest.raises(sqlite3.OperationalError), readers.one() as failed:
        failed.execute("SELECT * FROM nowhere")
    with readers.one() as next_one:
        assert next_one is not failed
    with pytest.raises(sqlite3.ProgrammingError):
        count(failed)


def test_connection_given_back_after_closing_is_closed(path: Path) -> None:
    readers = Readers(path)
    with readers.one() as used:
        readers.close()
        assert count(used) == 0
    with pytest.raises(sqlite3.ProgrammingError):
        count(used)


def test_readers_cannot_write(readers: Readers) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"), readers.one() as connection:
        connection.execute("INSERT INTO rows VALUES (1)")
