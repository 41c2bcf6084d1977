"""Numbered, forward-only SQL migrations, counted in the file's `user_version`.

A file of migrations is named `NNN_what.sql`; the numbers run from 1 without gaps. All that are due
are applied in one transaction, so a process that dies in between leaves the old version.
"""

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from loom.core.errors import NewerStore, StoreError
from loom.db.connection import connect, create, translated
from loom.db.stages import Stage, Told, telling, untold

LOCK_TIMEOUT = 600.0
"""Seconds; another process may be migrating a large database on a slow disk."""

PAGES = 1_000
"""Pages that are copied at a time."""

_logger = logging.getLogger(__name__)


class Migration(NamedTuple):
    """One step of the schema; `sql` may hold several statements."""

    number: int
    name: str
    sql: str


def migrations_in(folder: Path) -> tuple[Migration, ...]:
    """The folder's `.sql` files in order. Raises StoreError when a number is missing or twice."""
    found = [
        Migration(int(file.name[:3]), file.stem, file.read_text("utf-8"))
        for file in sorted(folder.glob("[0-9][0-9][0-9]_*.sql"))
    ]
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise StoreError(f"the migrations in {folder} are not numbered from 1 without gaps")
    return tuple(found)


def prepare(path: Path, migrations: Sequence[Migration], told: Told = untold) -> sqlite3.Connection:
    """A connection to a database that is private to its owner, in WAL mode, at the last migration.

    `told` hears how an older database is brought there, which may take minutes.

    Raises:
        NewerStore: the file has migrations that are not in `migrations`.
        StoreError: the file cannot be opened, is not ours, or stays locked.
    """
    create(path)
    connection = connect(path)
    try:
        with translated(path):
            if not _is_ready(connection, len(migrations)):
                with _alone(path, told):
                    _make_ready(connection, path, migrations, told)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_ready(connection: sqlite3.Connection, latest: int) -> bool:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    return mode == "wal" and _version(connection) == latest


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _make_ready(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration], told: Told
) -> None:
    _refuse_foreign(connection, path, len(migrations))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if 0 < version < len(migrations):
            with _logged(path, version, len(migrations)):
                _back_up(path, version, told)
                _apply(connection, migrations[version:], told)
                connection.execute("COMMIT")
        else:
            _apply(connection, migrations[version:], untold)
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _logged(path: Path, version: int, latest: int) -> Iterator[None]:
    began = time.monotonic()
    _logger.info("bringing %s up to date, from schema %d to %d", path, version, latest)
    yield
    _logger.info("%s is up to date after %.1f s", path, time.monotonic() - began)


def _refuse_foreign(connection: sqlite3.Connection, path: Path, latest: int) -> None:
    version = _version(connection)
    if version > latest:
        raise NewerStore(
            f"{path} was written by a newer Loom (schema {version}, this one knows {latest})",
            "Update Loom, or name another database.",
        )
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version == 0 and tables:
        raise StoreError(f"{path} belongs to another program", "Name another database.")


def _apply(connection: sqlite3.Connection, migrations: Sequence[Migration], told: Told) -> None:
    for done, migration in enumerate(migrations):
        with telling(connection, told, Stage("changed", done, len(migrations))):
            for statement in _statements(migration.sql):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {migration.number:d}")


def _statements(sql: str) -> Iterator[str]:
    """Single statements: `executescript` would commit the transaction that surrounds it."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _back_up(path: Path, version: int, told: Told) -> None:
    """A whole copy beside the file, by a second connection since ours holds the write lock."""

    def tell(_status: int, remaining: int, total: int) -> None:
        told(Stage("copied", total - remaining, total))

    target = path.with_name(f"{path.name}.v{version}.backup")
    unfinished = target.with_name(target.name + ".tmp")
    unfinished.unlink(missing_ok=True)
    create(unfinished)
    with (
        closing(connect(path, is_read_only=True)) as source,
        closing(sqlite3.connect(unfinished)) as copy,
    ):
        source.backup(copy, pages=PAGES, progress=tell)
    unfinished.replace(target)


@contextmanager
def _alone(path: Path, told: Told) -> Iterator[None]:
    """Keeps other openers out: changing to WAL does not wait for locks, it fails."""
    descriptor = os.open(path.with_name(path.name + "-lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _lock(descriptor, path, told)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path, told: Told) -> None:
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise StoreError(f"another Loom has been opening {path} for too long") from error
            told(Stage("waiting"))
            time.sleep(0.01)
