"""What changes the database: functions over a connection that is inside a transaction."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from loom.core.errors import StoreError, ThreadNotFound
from loom.core.messages import Thread
from loom.threads import heads, reading
from loom.threads.rows import Attachment, Row

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
UPDATE threads SET head = ?, last_seq = ?, version = version + 1, updated_at = ?,
    message_count = message_count + ?, title = CASE title WHEN '' THEN ? ELSE title END
WHERE key = ?
"""


def insert_thread(connection: sqlite3.Connection, thread: Thread, head: int | None = None) -> None:
    """A new head line. Raises StoreError when the id is taken."""
    taken = connection.execute("SELECT 1 FROM threads WHERE id = ?", (thread.id,)).fetchone()
    if taken:
        raise StoreError(f"there is a thread {thread.id} already")
    connection.execute(_INSERT_THREAD, {**heads.values_of(structs.asdict(thread)), "head": head})


def append(
    connection: sqlite3.Connection,
    thread_id: str,
    rows: Sequence[Row],
    messages: int,
    title: str,
    now_ms: int,
) -> tuple[int, ...]:
    """Entries after the head; the title is only used where there is none.

    Costs the size of `rows`, whatever the thread's length. Raises ThreadNotFound.
    """
    found = connection.execute(
        "SELECT key, head, last_seq FROM threads WHERE id = ?", (thread_id,)
    ).fetchone()
    if found is None:
        raise missing(thread_id)
    key, head, last_seq = found
    ids: list[int] = []
    for row in rows:
        last_seq += 1
        head = insert_entry(connection, (key, last_seq, head), row, now_ms)
        ids.append(head)
    connection.execute(_ADVANCE, (head, last_seq, now_ms, messages, title, key))
    return tuple(ids)


def insert_entry(
    connection: sqlite3.Connection, place: tuple[int, int, int | None], row: Row, now_ms: int
) -> int:
    """One entry at `place` (thread key, seq, parent); its id."""
    for attachment in row.attachments:
        insert_attachment(connection, attachment)
    cursor = connection.execute(
        "INSERT INTO entries (thread, seq, parent, kind, body, text, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*place, row.kind, row.body, row.text, now_ms),
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
        raise missing(thread_id)
    return thread


def mark_deleted(connection: sqlite3.Connection, thread_id: str, at: int | None) -> None:
    """Hide the thread, or bring it back with None. Raises ThreadNotFound."""
    cursor = connection.execute(
        "UPDATE threads SET deleted_at = ?, version = version + 1 WHERE id = ?", (at, thread_id)
    )
    if not cursor.rowcount:
        raise missing(thread_id)


def missing(thread_id: str) -> ThreadNotFound:
    """The error that names a thread that is not there."""
    return ThreadNotFound(f"there is no thread {thread_id}", "See `loom list`.")
