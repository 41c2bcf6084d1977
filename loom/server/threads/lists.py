"""Pages of threads, newest first, and what changed since a cursor."""

import sqlite3

from loom.api.threads import ListQuery, ThreadHit, ThreadHits, ThreadList, ThreadSearchQuery
from loom.server.principal import Principal
from loom.server.threads.held import SELECT, find, held_of, owned, readable
from loom.threads.filters import Filter, Where
from loom.threads.search import search


def page(connection: sqlite3.Connection, principal: Principal, asked: ListQuery) -> ThreadList:
    """Threads that the principal is shown, last activity first."""
    where = _where(principal, asked).and_("deleted_at IS NULL")
    rows = connection.execute(
        f"{SELECT} WHERE {where.sql} ORDER BY updated_at DESC, threads.key DESC LIMIT ? OFFSET ?",
        (*where.parameters, asked.limit, asked.offset),
    )
    threads = tuple(held_of(row).info for row in rows)
    counting = f"SELECT count(*) FROM threads WHERE {where.sql}"  # noqa: S608  # our own words
    (total,) = connection.execute(counting, where.parameters).fetchone()
    has_more = asked.offset + len(threads) < total
    return ThreadList(threads, total, asked.limit, asked.offset, has_more=has_more)


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
    shown = found[: asked.limit]
    cursor = shown[-1].change if shown else since
    threads = tuple(held.info for held in shown)
    has_more = len(found) > len(shown)
    return ThreadList(threads, None, asked.limit, 0, str(cursor), has_more)


def _since(connection: sqlite3.Connection, cursor: str) -> int:
    given = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) < 18 else 0
    (last,) = connection.execute("SELECT max(change) FROM threads WHERE change NOT NULL").fetchone()
    return given if given <= (last or 0) else 0


def filter_of(asked: ListQuery) -> Filter:
    """What is asked of a thread itself."""
    return Filter(asked.branch, asked.repository, asked.file, asked.tag, asked.pinned)


def found(
    connection: sqlite3.Connection, principal: Principal, asked: ThreadSearchQuery
) -> ThreadHits:
    """Threads that the principal is shown and that hold every word, best first."""
    wanted = Filter(asked.branch, asked.repository, asked.file, asked.tag, asked.pinned)
    where = _narrowed(readable(principal), principal, asked, wanted)
    hits = search(connection, asked.q, asked.limit, asked.workspace or None, where)
    shown = ((hit, find(connection, hit.thread.id)) for hit in hits)
    return ThreadHits(
        tuple(
            ThreadHit(held.info, hit.snippet, hit.marks, hit.score)
            for hit, held in shown
            if held is not None
        )
    )


def _where(principal: Principal, asked: ListQuery) -> Where:
    where = _narrowed(readable(principal), principal, asked, filter_of(asked))
    return where.and_("workspace = ?", asked.workspace) if asked.workspace else where


def _narrowed(
    where: Where, principal: Principal, asked: ListQuery | ThreadSearchQuery, wanted: Filter
) -> Where:
    narrow = wanted.where()
    where = where.and_(narrow.sql, *narrow.parameters)
    if asked.org:
        where = where.and_("org = ?", asked.org)
    if asked.owner:
        owner = principal.user_id if asked.owner == "me" else asked.owner
        where = where.and_("owner = ?", owner)
    return where
