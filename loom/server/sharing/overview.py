"""Whom threads are shown to, for their owners."""

import sqlite3

from loom.api.shares import Shares
from loom.server.principal import Principal
from loom.server.threads import links, support
from loom.server.threads.held import SELECT, Held, held_of, owned

MOST = 1_000

_IS_SHOWN = """(
    EXISTS (SELECT 1 FROM share_links WHERE thread = key AND (expires_at IS NULL OR expires_at > ?))
    OR EXISTS (
        SELECT 1 FROM support_access WHERE thread = key AND (expires_at IS NULL OR expires_at > ?)
    )
)"""


def shares(connection: sqlite3.Connection, held: Held, now_ms: int) -> Shares:
    """Of one thread."""
    link = links.find(connection, held.key, now_ms)
    return Shares(held.info, link, support.find(connection, held.key, now_ms))


def listed(connection: sqlite3.Connection, principal: Principal, now_ms: int) -> tuple[Shares, ...]:
    """Of the principal's own threads, last activity first."""
    where = owned(principal).and_("deleted_at IS NULL").and_(_IS_SHOWN, now_ms, now_ms)
    rows = connection.execute(
        f"{SELECT} WHERE {where.sql} ORDER BY updated_at DESC, key DESC LIMIT ?",
        (*where.parameters, MOST),
    )
    return tuple(shares(connection, held_of(row), now_ms) for row in rows.fetchall())
