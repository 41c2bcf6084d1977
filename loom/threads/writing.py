"""What changes the database: functions over a connection that is inside a transaction."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from msgspec import structs

from loom.core.errors import StoreError
from loom.core.history import Entry, MessageEntry
from loom.core.messages import Thread
from loom.threads import heads, reading
from loom.threads.files import files_of
from loom.threads.packing import pack
from loom.threads.rows import MESSAGE, Attachment, Row, row_of

_INSERT_THREAD = """
INSERT INTO threads (id, title, workspace, created_at, updated_at, version, message_count,
    provider, model, git_branch, git_remote, git_commit, tags, is_private, is_pinned, parent, head)
VALUES (:id, :title, :workspace, :created_at, :updated_at, :version, :message_count,
    :provider, :model, :git_branch, :git_remote, :git_commit, :tags, :is_private, :is_pinned,
    :parent, :head)
"""

_UPDATE_THREAD = """
UPDATE threads SET version = version + 1,
    title = coalesce(:title, title), workspace = coalesce(:workspace, workspace),
    provider = coalesce(:provider, provider), model = coalesce(:model, model),
    git_branch = coalesce(:git_branch, git_branch), git_remote = coalesce(:git_remote, git_remote),
    git_commit = coalesce(:git_commit, git_commit), tags = coalesce(:tags, tags),
    is_private = coalesce(:is_private, is_private), is_pinned = coalesce(:is_pinned, is_pinned)
WHERE id = :id
"""

_ADVANCE = """
UPDATE threads SET head = ?, last_seq = ?, length = length + ?,
    version = version + 1, updated_at = ?, message_count = message_count + ?,
    title = CASE title WHEN '' THEN ? ELSE title END
WHERE key = ?
"""

_INHERIT_FILES = """
INSERT INTO thread_files (thread, path, name)
SELECT fork.key, path, name FROM thread_files JOIN threads AS source ON source.key = thread,
    threads AS fork
WHERE source.id = :source AND fork.id = :fork
"""


def insert_thread(connection: sqlite3.Connection, thread: Thread, head: int | None = None) -> None:
    """A new head line. Raises StoreError when the id is taken."""
    taken = connection.execute("SELECT 1 FROM threads WHERE id = ?", (thread.id,)).fetchone()
    if taken:
        raise StoreError(f"there is a thread {thread.id} already")
    connection.execute(_INSERT_THREAD, {**heads.values_of(structs.asdict(thread)), "head": head})


class Addition(NamedTuple):
    """Entries to add, what they do to the head line, and the files that they name."""

    rows: Sequence[Row]
    messages: int
    title: str
    at: int
    files: Sequence[str] = ()


def addition_of(entries: Sequence[Entry], at: int) -> Addition:
    """What `entries` add at the time `at`. Raises CodecError for one that cannot be a row."""
    messages = sum(isinstance(entry, MessageEntry) for entry in entries)
    rows = [row_of(entry) for entry in entries]
    return Addition(rows, messages, heads.title_from(entries), at, files_of(entries))


def append(connection: sqlite3.Connection, thread_id: str, new: Addition) -> tuple[int, ...]:
    """Entries after the head, whose ids are returned; the title is used where there is none.

    Costs the size of what is new, whatever the thread's length. Raises ThreadNotFound.
    """
    found = connection.execute(
        "SELECT key, head, last_seq FROM threads WHERE id = ?", (thread_id,)
    ).fetchone()
    if found is None:
        raise reading.missing(thread_id)
    key, head, last_seq = found
    ids: list[int] = []
    for row in new.rows:
        last_seq += 1
        head = insert_entry(connection, (key, last_seq, head), row, new.at)
        ids.append(head)
    _insert_files(connection, key, new.files)
    connection.execute(_ADVANCE, (head, last_seq, len(ids), new.at, new.messages, new.title, key))
    return tuple(ids)


def cut(connection: sqlite3.Connection, thread_id: str, keep: int) -> None:
    """Let the visible conversation end after its first `keep` entries; the rows stay.

    Counts no version. Costs the size of what is cut off.

    Raises:
        ThreadNotFound: no such thread.
        StoreError: it has fewer entries.
    """
    found = connection.execute(
        "SELECT key, head, length FROM threads WHERE id = ?", (thread_id,)
    ).fetchone()
    if found is None:
        raise reading.missing(thread_id)
    key, head, length = found
    if not 0 <= keep <= length:
        raise StoreError(f"thread {thread_id} has {length} entries, not {keep}")
    if keep == length:
        return
    dropped = [*islice(reading.ancestors(connection, head), length - keep)]
    messages = sum(row.kind == MESSAGE for row in dropped)
    connection.execute(
        "UPDATE threads SET head = ?, length = ?, message_count = message_count - ? WHERE key = ?",
        (dropped[-1].parent, keep, messages, key),
    )


def _insert_files(connection: sqlite3.Connection, key: int, files: Iterable[str]) -> None:
    connection.executemany(
        "INSERT INTO thread_files (thread, path, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        ((key, path, path.rpartition("/")[2]) for path in files),
    )


def create(connection: sqlite3.Connection, thread: Thread, first: Addition) -> Thread:
    """A thread with its first entries, as stored. Raises StoreError when the id is taken."""
    insert_thread(connection, thread)
    if first.rows:
        append(connection, thread.id, first)
    return reading.thread(connection, thread.id) or thread


def insert_entry(
    connection: sqlite3.Connection, place: tuple[int, int, int | None], row: Row, now_ms: int
) -> int:
    """One entry at `place` (thread key, seq, parent); its id."""
    for attachment in row.attachments:
        insert_attachment(connection, attachment)
    cursor = connection.execute(
        "INSERT INTO entries (thread, seq, parent, kind, body, text, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*place, row.kind, pack(row.body, row.text), row.text, now_ms),
    )
    return int(cursor.lastrowid or 0)


def insert_attachment(connection: sqlite3.Connection, attachment: Attachment) -> None:
    """An image, once."""
    connection.execute(
        "INSERT INTO attachments (hash, media_type, data) VALUES (?, ?, ?)"
        " ON CONFLICT (hash) DO NOTHING",
        attachment,
    )


def update(connection: sqlite3.Connection, thread_id: str, changes: Mapping[str, Any]) -> Thread:
    """Change fields of the head line and count a version. Raises ThreadNotFound."""
    values = dict.fromkeys(heads.CHANGEABLE) | heads.values_of(changes)
    connection.execute(_UPDATE_THREAD, {**values, "id": thread_id})
    thread = reading.thread(connection, thread_id)
    if thread is None:
        raise reading.missing(thread_id)
    return thread


def mark_deleted(connection: sqlite3.Connection, thread_id: str, at: int | None) -> None:
    """Hide the thread, or bring it back with None. Raises ThreadNotFound."""
    cursor = connection.execute(
        "UPDATE threads SET deleted_at = ?, version = version + 1 WHERE id = ?", (at, thread_id)
    )
    if not cursor.rowcount:
        raise reading.missing(thread_id)


def fork(
    connection: sqlite3.Connection, source: str, upto: int | None, new_id: str, now_ms: int
) -> Thread:
    """A thread that shares `source`'s entries up to `upto` (its head by default); none is copied.

    Raises:
        ThreadNotFound: no such source.
        StoreError: `upto` is not in its visible conversation.
    """
    origin = reading.thread(connection, source)
    if origin is None:
        raise reading.missing(source)
    rows = reading.ancestry(connection, source)
    if upto is not None:
        rows = tuple(row for row in rows if row.id <= upto)
        if not rows or rows[-1].id != upto:
            raise StoreError(f"thread {source} has no entry {upto}")
    forked = structs.replace(
        origin,
        id=new_id,
        created_at=now_ms,
        updated_at=now_ms,
        version=1,
        message_count=sum(row.kind == MESSAGE for row in rows),
        is_pinned=False,
        parent=source,
    )
    insert_thread(connection, forked, rows[-1].id if rows else None)
    connection.execute("UPDATE threads SET length = ? WHERE id = ?", (len(rows), new_id))
    connection.execute(_INHERIT_FILES, {"fork": new_id, "source": source})
    return forked
