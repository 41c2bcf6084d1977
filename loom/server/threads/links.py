"""SQL of links: one a thread, kept as a hash, for as long as its owner wants."""

import secrets
import sqlite3

from loom.api.shares import ShareLink
from loom.api.times import rfc3339
from loom.secrets import Secret
from loom.server.access import Denied, Resource, not_there
from loom.server.auth.credentials import hashed
from loom.server.threads.held import SELECT, Held, held_of

TOKEN_SIZE = 24
"""Bytes; twice as many hex digits."""

_PUT = """
INSERT INTO share_links (thread, token_hash, created_by, created_at, expires_at)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (thread) DO UPDATE SET token_hash = ?2, created_by = ?3, created_at = ?4,
    expires_at = ?5
"""
_ONE = "SELECT created_at, expires_at FROM share_links WHERE thread = ?"
_LIVING = "(expires_at IS NULL OR expires_at > ?)"


def create(
    connection: sqlite3.Connection, key: int, by: str, now_ms: int, expires_in: int | None
) -> tuple[ShareLink, Secret]:
    """The thread's only link from now on. `expires_in` is in seconds."""
    token = secrets.token_hex(TOKEN_SIZE)
    expires_at = None if expires_in is None else now_ms + expires_in * 1000
    connection.execute(_PUT, (key, hashed(token), by, now_ms, expires_at))
    return _link(now_ms, expires_at), Secret(token)


def revoke(connection: sqlite3.Connection, key: int) -> bool:
    """Ends the thread's link; whether there was one."""
    return connection.execute("DELETE FROM share_links WHERE thread = ?", (key,)).rowcount > 0


def find(connection: sqlite3.Connection, key: int, now_ms: int) -> ShareLink | None:
    """The thread's link, if it works."""
    row = connection.execute(f"{_ONE} AND {_LIVING}", (key, now_ms)).fetchone()
    return _link(*row) if row else None


def opened(connection: sqlite3.Connection, thread_id: str, token: str, now_ms: int) -> Held:
    """The thread that the link shows.

    Raises:
        Denied: token and thread do not belong together, the link ended, or there is none (404).
    """
    row = connection.execute(
        f"{SELECT} JOIN share_links ON share_links.thread = threads.key WHERE threads.id = ?"
        f" AND token_hash = ? AND owner <> '' AND deleted_at IS NULL AND {_LIVING}",
        (thread_id, hashed(token), now_ms),
    ).fetchone()
    if row is None:
        raise not_shown()
    return held_of(row)


def not_shown() -> Denied:
    """The one answer for whatever is wrong with a link."""
    hint = "Links end, and are taken back: ask whoever sent it for a new one."
    return not_there(Resource("thread", asked="behind this link"), hint=hint)


def _link(created_at: int, expires_at: int | None) -> ShareLink:
    return ShareLink(rfc3339(created_at), rfc3339(expires_at) if expires_at else "")
