"""SQL of what goes for good: deleted threads, and entries that were taken back.

A thread that is erased becomes a tombstone in one step, all its entries taken back; rows then go a
few at a time, so that nobody who writes waits for long. What goes is overwritten in the file.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from loom.db import overwriting
from loom.server.threads import images

AT_ONCE = 50
"""Threads that become tombstones in one transaction."""

MOST_ROWS, MOST_BYTES = 100, 512 * 1024
"""Of a step; it holds up a writer for some 10 ms. One image is a step whatever its size."""

_DUE = """
SELECT key FROM threads
WHERE owner <> '' AND deleted_at IS NOT NULL AND erased_at IS NULL AND deleted_at <= ?
ORDER BY deleted_at LIMIT ?
"""
_TOMBSTONE = """
UPDATE threads SET title = '', workspace = '', provider = '', model = '', git_branch = '',
    git_remote = '', git_commit = '', tags = '[]', is_pinned = 0, parent = '', message_count = 0,
    head = NULL, length = 0, version = version + 1, mark = lower(hex(randomblob(8))),
    deleted_at = coalesce(deleted_at, :now), erased_at = :now
WHERE key = :key
"""
OF_THREAD = ("thread_files", "revisions", "share_links", "support_access", "taken_back")
_REVISION = """
INSERT INTO revisions (thread, version, mark, length, kept)
SELECT key, version, mark, 0, 0 FROM threads WHERE key = ?
"""
# What an earlier rewind took back is in the range too, and goes with whichever is due first.
_TAKEN_BACK = """
INSERT INTO taken_back (thread, first_seq, last_seq, at)
SELECT key, coalesce((SELECT seq FROM entries WHERE id = head), 0) + 1, last_seq, ?
FROM threads WHERE key = ?
"""
_STEP = """
SELECT seq, length(CAST(body AS BLOB)) + length(CAST(text AS BLOB)) FROM entries
WHERE thread = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?
"""
_IMAGE = """
SELECT hash, length(data) FROM thread_images JOIN attachments USING (hash)
JOIN threads ON key = thread WHERE thread = ? AND erased_at IS NOT NULL LIMIT 1
"""


class Swept(NamedTuple):
    """What one step erased: entries, and bytes of them and of images."""

    entries: int = 0
    size: int = 0


class _Range(NamedTuple):
    rowid: int
    thread: int
    first: int
    last: int


def take_back(connection: sqlite3.Connection, key: int, now_ms: int) -> None:
    """What follows the thread's head is no part of it any more."""
    connection.execute(_TAKEN_BACK, (now_ms, key))


def erase_deleted(connection: sqlite3.Connection, before: int, now_ms: int) -> int:
    """Tombstones for threads deleted until `before`, many at once but not all; 0 for none left."""
    due = connection.execute(_DUE, (before, AT_ONCE)).fetchall()
    with overwriting(connection):
        for (key,) in due:
            entomb(connection, key, now_ms)
    return len(due)


def entomb(connection: sqlite3.Connection, key: int, now_ms: int) -> None:
    """Of the thread nothing is to be read or found from now on; its rows go with the next sweep."""
    for table in OF_THREAD:
        connection.execute(f"DELETE FROM {table} WHERE thread = ?", (key,))  # noqa: S608  # ours
    connection.execute(_TOMBSTONE, {"key": key, "now": now_ms})
    connection.execute(_REVISION, (key,))
    # At the beginning of time: due at once.
    take_back(connection, key, 0)


def sweep(connection: sqlite3.Connection, before: int) -> Swept | None:
    """One step of erasing what was taken back until `before`; None when nothing is left.

    It makes its own transaction.
    """
    with _apart(connection):
        row = connection.execute(
            "SELECT rowid, thread, first_seq, last_seq FROM taken_back WHERE at <= ?"
            " ORDER BY at LIMIT 1",
            (before,),
        ).fetchone()
        return None if row is None else _step(connection, _Range(*row))


def merge(connection: sqlite3.Connection, table: str, *, is_first: bool) -> bool:
    """A step towards an index without the words of what was erased; whether there are more.

    The whole index is written anew, once all steps are done: https://sqlite.org/fts5.html §6.7.
    """
    before = connection.total_changes
    pages = -64 if is_first else 64
    with overwriting(connection):
        connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (pages,))  # noqa: S608  # ours
    return connection.total_changes - before > 1


def indexes(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The tables that hold words."""
    query = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE % USING fts5%'"
    return tuple(name for (name,) in connection.execute(query).fetchall())


def has_erased(connection: sqlite3.Connection, since: int) -> bool:
    """Whether a thread was erased since then."""
    query = "SELECT 1 FROM threads WHERE erased_at >= ? LIMIT 1"
    return connection.execute(query, (since,)).fetchone() is not None


def _step(connection: sqlite3.Connection, due: _Range) -> Swept:
    gone = _entries(connection, due) or _image(connection, due.thread)
    if gone is None:
        connection.execute("DELETE FROM taken_back WHERE rowid = ?", (due.rowid,))
        return Swept()
    connection.execute(
        "UPDATE threads SET size = max(0, size - ?) WHERE key = ?", (gone.size, due.thread)
    )
    return gone


def _entries(connection: sqlite3.Connection, due: _Range) -> Swept | None:
    """The last of the range's entries first, so that none is ever without the one before it."""
    count = size = 0
    first = due.last
    for seq, octets in connection.execute(_STEP, (due.thread, due.first, due.last, MOST_ROWS)):
        if size >= MOST_BYTES:
            break
        count, size, first = count + 1, size + octets, seq
    if not count:
        return None
    connection.execute(
        "DELETE FROM entries WHERE thread = ? AND seq BETWEEN ? AND ?",
        (due.thread, first, due.last),
    )
    return Swept(count, size)


def _image(connection: sqlite3.Connection, key: int) -> Swept | None:
    """One image of a thread that is erased."""
    row = connection.execute(_IMAGE, (key,)).fetchone()
    if row is None:
        return None
    images.drop(connection, key, row[0])
    return Swept(0, row[1])


@contextmanager
def _apart(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction in which nothing looks for rows that refer to an entry.

    No index would find them, and every row would be read for each entry that goes.
    """
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        with overwriting(connection):
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("PRAGMA foreign_keys = ON")
