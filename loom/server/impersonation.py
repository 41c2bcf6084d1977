"""SQL of impersonation: an admin has a LoginSession in somebody's place, for an hour."""

import sqlite3

from loom.secrets import Secret
from loom.server.auth import login_sessions
from loom.server.auth.login_sessions import Origin

LIFETIME_MS = 3600 * 1000


def start(
    connection: sqlite3.Connection, admin_id: str, user_id: str, now_ms: int, origin: Origin
) -> tuple[Secret, int]:
    """An access token that stands for `user_id`, and when it ends."""
    session_id, token = login_sessions.create(connection, user_id, "cli", now_ms, origin)
    ends_at = now_ms + LIFETIME_MS
    connection.execute(
        "UPDATE login_sessions SET impersonated_by = ?, expires_at = ? WHERE id = ?",
        (admin_id, ends_at, session_id),
    )
    return token, ends_at


def ends_at(connection: sqlite3.Connection, session_id: str) -> int:
    """When the session ends; 0 for one that ended."""
    row = connection.execute(
        "SELECT expires_at FROM login_sessions WHERE id = ?", (session_id,)
    ).fetchone()
    return 0 if row is None else int(row[0])
