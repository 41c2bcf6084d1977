"""SQL of the support's access to a thread: asked for, granted by the owner, over after 31 days."""

import sqlite3

from loom.api.shares import DAY
from loom.api.support import SUPPORT_DAYS, SupportAccess, SupportQuestion
from loom.api.times import rfc3339

LIFETIME_MS = SUPPORT_DAYS * DAY * 1000

# Who has access asks for nothing; whoever asks again says why anew.
_REQUEST = """
INSERT INTO support_access (thread, requested_by, requested_at, reason)
SELECT key, ?2, ?3, ?4 FROM threads WHERE id = ?1 AND owner <> '' AND deleted_at IS NULL
ON CONFLICT (thread) DO UPDATE SET requested_by = ?2, requested_at = ?3, reason = ?4,
    granted_at = NULL, expires_at = NULL
WHERE expires_at IS NULL OR expires_at <= ?3
RETURNING (SELECT owner FROM threads WHERE key = thread)
"""
_GRANT = """
INSERT INTO support_access (thread, granted_at, expires_at) VALUES (?1, ?2, ?3)
ON CONFLICT (thread) DO UPDATE SET granted_at = ?2, expires_at = ?3
"""
_FIND = """
SELECT requested_by, requested_at, reason, granted_at, expires_at FROM support_access
WHERE thread = ? AND (expires_at IS NULL OR expires_at > ?)
"""

_WAITING = """
SELECT id, title, requested_by, requested_at, reason
FROM support_access JOIN threads ON threads.key = support_access.thread
WHERE owner = ? AND deleted_at IS NULL AND requested_at IS NOT NULL AND granted_at IS NULL
ORDER BY requested_at LIMIT ?
"""
MOST = 100
"""Questions that one person is told of."""


def request(
    connection: sqlite3.Connection, thread_id: str, by: str, reason: str, now_ms: int
) -> str:
    """Asks the owner, whose id it is; "" where there is no such thread, or it is open already."""
    row = connection.execute(_REQUEST, (thread_id, by, now_ms, reason)).fetchone()
    return row[0] if row else ""


def questions(connection: sqlite3.Connection, owner: str) -> tuple[SupportQuestion, ...]:
    """What the owner has not answered, the oldest first."""
    rows = connection.execute(_WAITING, (owner, MOST))
    return tuple(
        SupportQuestion(thread, title, by, rfc3339(at), reason)
        for thread, title, by, at, reason in rows
    )


def grant(connection: sqlite3.Connection, key: int, now_ms: int) -> None:
    """The support reads the thread for 31 days from now."""
    connection.execute(_GRANT, (key, now_ms, now_ms + LIFETIME_MS))


def revoke(connection: sqlite3.Connection, key: int) -> bool:
    """Takes access, or the request for it, back; whether there was one."""
    return connection.execute("DELETE FROM support_access WHERE thread = ?", (key,)).rowcount > 0


def find(connection: sqlite3.Connection, key: int, now_ms: int) -> SupportAccess | None:
    """What the support asked for, or has now."""
    row = connection.execute(_FIND, (key, now_ms)).fetchone()
    if row is None:
        return None
    by, requested_at, reason, granted_at, expires_at = row
    return SupportAccess(by, _at(requested_at), reason, _at(granted_at), _at(expires_at))


def is_open(connection: sqlite3.Connection, key: int, now_ms: int) -> bool:
    """Whether the support may read the thread now."""
    found = find(connection, key, now_ms)
    return found is not None and bool(found.expires_at)


def _at(at_ms: int | None) -> str:
    return rfc3339(at_ms) if at_ms else ""
