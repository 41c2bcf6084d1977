"""Pages of threads, newest first, and what changed since a cursor."""

import sqlite3
from itertools import chain

from loom.api.threads import ListQuery, ThreadHit, ThreadHits, ThreadList, ThreadSearchQuery
from loom.server.principal import Principal
from loom.server.threads.held import SELECT, find, held_of, owned, readable, shown
from loom.threads.filters import Filter, Where
from loom.threads.search import search

# UNION merges what indexes have in order, and finds what comes twice side by side.
_PLACES = "SELECT updated_at, key FROM threads"
_ORDER = "ORDER BY updated_at DESC, key DESC"
_COUNT = "SELECT count(*) FROM"

COUNTED = 1_000
"""Threads that a list counts; counting all of them would cost more than the page."""


def page(connection: sqlite3.Connection, principal: Principal, asked: ListQuery) -> ThreadList:
    """Threads that the principal is shown, last activity first."""
    where = places(principal, asked)
    chosen = f"SELECT key FROM ({where.sql} LIMIT ? OFFSET ?)"  # noqa: S608  # our own words
    rows = connection.execute(
        f"{SELECT} WHERE key IN ({chosen}) {_ORDER}",
        (*where.parameters, asked.limit + 1, asked.offset),
    ).fetchall()
    threads = tuple(held_of(row).info for row in rows[: asked.limit])
    total, has_more = _counted(connection, where), len(rows) > asked.limit
    return ThreadList(threads, total, asked.limit, asked.offset, has_more=has_more)


def places(principal: Principal, asked: ListQuery) -> Where:
    """A query of where the threads stand that are listed, in the order of the list, each once."""
    # An owner's and a workspace's threads are in order in indexes of theirs.
    whole = (readable(principal),) if asked.owner or asked.workspace else shown(principal)
    index = "INDEXED BY threads_by_owner" if asked.owner else ""
    parts = [_listed(part, principal, asked) for part in whole]
    sql = " UNION ".join(f"{_PLACES} {index} WHERE {part.sql}" for part in parts)
    return Where(f"{sql} {_ORDER}", tuple(chain.from_iterable(part.parameters for part in parts)))


def _listed(part: Where, principal: Principal, asked: ListQuery) -> Where:
    where = _narrowed(part, principal, asked).and_("deleted_at IS NULL")
    return where.and_("workspace = ?", asked.workspace) if asked.workspace else where


def _counted(connection: sqlite3.Connection, where: Where) -> int | None:
    """How many threads there are; None for more than are counted."""
    counting = f"{_COUNT} ({where.sql} LIMIT ?)"
    (count,) = connection.execute(counting, (*where.parameters, COUNTED + 1)).fetchone()
    return int(count) if count <= COUNTED else None


def changes(connection: sqlite3.Connection, principal: Principal, asked: ListQuery) -> ThreadList:
    """The principal's own threads that changed after `asked.since`, oldest change first.

    A cursor that this store cannot have given (it was restored from a backup) begins anew.
    """
    where = owned(principal)
    since = _since(connection, asked.since or "")
    rows = connection.execute(
        f"{SELECT} WHERE {where.sql} AND change > ? ORDER BY change LIMIT ?",
        (*where.parameters, since, asked.limit + 1),
    )
    found = [held_of(row) for row in rows]
    given = found[: asked.limit]
    cursor = given[-1].change if given else since
    threads = tuple(held.info for held in given)
    has_more = len(found) > len(given)
    return ThreadList(threads, None, asked.limit, 0, str(cursor), has_more)


def _since(connection: sqlite3.Connection, cursor: str) -> int:
    given = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) < 18 else 0
    (last,) = connection.execute("SELECT max(change) FROM threads WHERE change NOT NULL").fetchone()
    return given if given <= (last or 0) else 0


def found(
    connection: sqlite3.Connection, principal: Principal, asked: ThreadSearchQuery
) -> ThreadHits:
    """Threads that the principal is shown and that hold every word, best first."""
    where = _narrowed(readable(principal), principal, asked)
    hits = search(connection, asked.q, asked.limit, asked.workspace or None, where)
    held_hits = ((hit, find(connection, hit.thread.id)) for hit in hits)
    return ThreadHits(
        tuple(
            ThreadHit(held.info, hit.snippet, hit.marks, hit.score)
            for hit, held in held_hits
            if held is not None
        )
    )


def _narrowed(where: Where, principal: Principal, asked: ListQuery | ThreadSearchQuery) -> Where:
    """What is asked of a thread, but for its workspace, which search takes by itself."""
    wanted = Filter(asked.branch, asked.repository, asked.file, asked.tag, asked.pinned)
    narrow = wanted.where()
    where = where.and_(narrow.sql, *narrow.parameters)
    if asked.org:
        where = where.and_("org = ?", asked.org)
    if asked.owner:
        owner = principal.user_id if asked.owner == "me" else asked.owner
        where = where.and_("owner = ? AND owner <> ''", owner)
    return where
