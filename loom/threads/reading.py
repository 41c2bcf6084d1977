"""What reads the database: functions over a connection, each one indexed."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from loom.core.errors import CodecError, StoreError, ThreadNotFound
from loom.core.history import Entry
from loom.core.messages import Thread
from loom.threads import heads, rows
from loom.threads.filters import EVERY, EVERYWHERE, Filter, Where
from loom.threads.packing import unpack
from loom.threads.rows import damaged, entry_of

CANDIDATES = 5
HOLDS = (
    "instr(lower(threads.title || char(10) || threads.git_branch || char(10)"
    " || threads.git_remote || char(10) || threads.git_commit || char(10) || threads.tags),"
    " lower(?))"
)
"""Whether a word is in a head line, whatever its case (of ASCII)."""

_logger = logging.getLogger(__name__)


class Stored(NamedTuple):
    """An entry as it lies in the database."""

    id: int
    parent: int | None
    kind: str
    body: bytes
    text: bytes


def thread(connection: sqlite3.Connection, thread_id: str) -> Thread | None:
    """The thread with this id, deleted or not."""
    row = connection.execute(f"{heads.SELECT} WHERE id = ?", (thread_id,)).fetchone()
    return heads.thread_of(row) if row else None


def threads_by_key(connection: sqlite3.Connection, keys: Sequence[int]) -> dict[int, Thread]:
    """The threads that entries belong to, by the entries' `thread`."""
    select = heads.SELECT.replace("SELECT", "SELECT key,", 1)
    marks = ", ".join("?" * len(keys))
    rows = connection.execute(f"{select} WHERE key IN ({marks})", tuple(keys))
    return {row[0]: heads.thread_of(row[1:]) for row in rows}


def extent(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many threads and messages there are, of any version's store."""
    query = "SELECT count(*), coalesce(sum(message_count), 0) FROM threads"
    threads, messages = connection.execute(query).fetchone()
    return threads, messages


def find(connection: sqlite3.Connection, prefix: str) -> Thread:
    """The thread whose id is `prefix` or begins with it, with or without `T-`.

    Raises:
        ThreadNotFound: none does, or several do; the hint lists some.
    """
    exact = thread(connection, prefix)
    if exact is not None:
        return exact
    start = prefix if prefix[:2].lower() == "t-" else f"T-{prefix}"
    start = "T-" + start[2:].lower()
    found = heads.columns_of(
        connection.execute(
            f"{heads.SELECT} WHERE id >= ? AND id < ? AND deleted_at IS NULL LIMIT ?",
            (start, start + "\U0010ffff", CANDIDATES + 1),
        )
    )
    if len(found) != 1 or not prefix:
        raise _not_found(prefix, found)
    return found[0]


def _not_found(prefix: str, found: tuple[Thread, ...]) -> ThreadNotFound:
    if not found or not prefix:
        return ThreadNotFound(f"no thread begins with {prefix!r}", "See `loom list`.")
    candidates = ", ".join(f"{one.id} ({one.title or 'untitled'})" for one in found[:CANDIDATES])
    more = " and more" if len(found) > CANDIDATES else ""
    return ThreadNotFound(f"several threads begin with {prefix!r}", f"One of {candidates}{more}.")


def threads(
    connection: sqlite3.Connection,
    workspace: str | None,
    limit: int,
    include_deleted: bool,
    search: str | None,
    wanted: Filter = EVERY,
    within: Where = EVERYWHERE,
) -> tuple[Thread, ...]:
    """Newest activity first; `search` is looked for in title, branch, remote, commit and tags."""
    asked = wanted.where()
    where = within.and_(asked.sql, *asked.parameters)
    if not include_deleted:
        where = where.and_("deleted_at IS NULL")
    if workspace is not None:
        where = where.and_("workspace = ?", workspace)
    for word in (search or "").split():
        where = where.and_(HOLDS, word)
    return heads.columns_of(
        connection.execute(
            f"{heads.SELECT} WHERE {where.sql} ORDER BY updated_at DESC, key DESC LIMIT ?",
            (*where.parameters, limit),
        )
    )


def entries(connection: sqlite3.Connection, thread_id: str) -> tuple[Entry, ...]:
    """The head's ancestors, oldest first; a row that cannot be read is reported in its place.

    Raises:
        ThreadNotFound: no such thread.
        StoreError: the chain of ancestors is broken.
    """
    data_of = _attachments(connection)
    return tuple(_decoded(row, data_of) for row in ancestry(connection, thread_id))


def last_entries(connection: sqlite3.Connection, thread_id: str, count: int) -> tuple[Entry, ...]:
    """The newest of what `entries` yields, oldest first. Raises as `entries`."""
    newest = islice(ancestors(connection, _head(connection, thread_id)), count)
    data_of = _attachments(connection)
    return tuple(_decoded(row, data_of) for row in [*newest][::-1])


def ancestry(connection: sqlite3.Connection, thread_id: str) -> tuple[Stored, ...]:
    """The head's ancestors as they lie in the database, oldest first. Raises as `entries`."""
    return tuple(ancestors(connection, _head(connection, thread_id)))[::-1]


def _head(connection: sqlite3.Connection, thread_id: str) -> int | None:
    found = connection.execute("SELECT head FROM threads WHERE id = ?", (thread_id,)).fetchone()
    if found is None:
        raise missing(thread_id)
    head: int | None = found[0]
    return head


def missing(thread_id: str) -> ThreadNotFound:
    """The error that names a thread that is not there."""
    return ThreadNotFound(f"there is no thread {thread_id}", "See `loom list`.")


def ancestors(connection: sqlite3.Connection, head: int | None) -> Iterator[Stored]:
    """From an entry upwards, newest first: one pass over each thread that the chain runs through.

    A fork's begins in another thread.
    """
    while head is not None:
        place = connection.execute(
            "SELECT thread, seq FROM entries WHERE id = ?", (head,)
        ).fetchone()
        if place is None:
            raise StoreError(f"entry {head} is missing", "Put a backup of the database in place.")
        cursor = connection.execute(
            "SELECT id, parent, kind, CAST(body AS BLOB), CAST(text AS BLOB) FROM entries"
            " WHERE thread = ? AND seq <= ? ORDER BY seq DESC",
            place,
        )
        for row in map(Stored._make, cursor):
            if row.id == head:
                yield row
                head = row.parent


class Outline(NamedTuple):
    """An entry without its content; `size` is the body's, in bytes."""

    id: int
    kind: str
    size: int


_OUTLINE = """
WITH RECURSIVE chain (id, parent, kind, size) AS (
    SELECT id, parent, kind, length(body) FROM entries WHERE id = ?
    UNION ALL
    SELECT entries.id, entries.parent, entries.kind, length(entries.body)
    FROM chain CROSS JOIN entries ON entries.id = chain.parent
)
SELECT id, kind, size FROM chain LIMIT ? OFFSET ?
"""


def outline(
    connection: sqlite3.Connection, head: int | None, skip: int, count: int
) -> list[Outline]:
    """`count` of an entry's ancestors, oldest first, without the newest `skip`; no body is read."""
    rows = connection.execute(_OUTLINE, (head, count, skip))
    return [Outline(*row) for row in rows][::-1]


def entry(connection: sqlite3.Connection, entry_id: int) -> Entry:
    """One entry, its images by their hashes. Raises StoreError when there is none such."""
    row = connection.execute(
        "SELECT id, parent, kind, CAST(body AS BLOB), CAST(text AS BLOB) FROM entries WHERE id = ?",
        (entry_id,),
    ).fetchone()
    if row is None:
        raise StoreError(f"entry {entry_id} is missing", "Put a backup of the database in place.")
    return detached(connection, Stored(*row))


def detached(connection: sqlite3.Connection, row: Stored) -> Entry:
    """The row's entry, its images by their hashes; damaged ones as `entries` has them."""

    def has(digest: str) -> bool:
        query = "SELECT 1 FROM attachments WHERE hash = ?"
        return connection.execute(query, (digest,)).fetchone() is not None

    try:
        return rows.detached(row.kind, unpack(row.body, row.text), has)
    except CodecError as error:
        return _reported(row, error)


def _attachments(connection: sqlite3.Connection) -> Callable[[str], bytes | None]:
    def data_of(digest: str) -> bytes | None:
        query = "SELECT data FROM attachments WHERE hash = ?"
        found = connection.execute(query, (digest,)).fetchone()
        return bytes(found[0]) if found else None

    return data_of


def _decoded(row: Stored, data_of: Callable[[str], bytes | None]) -> Entry:
    try:
        return entry_of(row.kind, unpack(row.body, row.text), data_of)
    except CodecError as error:
        return _reported(row, error)


def _reported(row: Stored, error: CodecError) -> Entry:
    _logger.warning("entry %d (%s) is damaged: %s", row.id, row.kind, error)
    return damaged(row.id, row.kind, error.message)
