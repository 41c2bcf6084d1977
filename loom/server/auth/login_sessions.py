"""SQL of login sessions: who is signed in, by cookie or by access token."""

import sqlite3
from dataclasses import replace
from typing import Literal, NamedTuple

from loom.secrets import Secret
from loom.server import memberships
from loom.server.auth.credentials import LOGIN_LIFETIME_MS, hashed, new_credential
from loom.server.identifiers import new_id
from loom.server.principal import Principal, PrincipalKind

SessionKind = Literal["web", "cli"]


class Found(NamedTuple):
    """Whom a credential stands for."""

    principal: Principal
    last_used_at: int


class Origin(NamedTuple):
    """Where a request came from."""

    ip: str = ""
    user_agent: str = ""


_FIND = """
SELECT login_sessions.id, login_sessions.user, kind, last_used_at, impersonated_by
FROM login_sessions JOIN users ON users.id = login_sessions.user
LEFT JOIN users AS admins ON admins.id = impersonated_by
WHERE token_hash = ? AND expires_at > ? AND users.deleted_at IS NULL AND (
    impersonated_by IS NULL OR (admins.is_system_admin AND admins.deleted_at IS NULL)
)
"""


def create(
    connection: sqlite3.Connection, user_id: str, kind: SessionKind, now_ms: int, origin: Origin
) -> tuple[str, Secret]:
    """A new LoginSession; its id and its credential, which cannot be read again."""
    session_id, credential = new_id(now_ms), new_credential("" if kind == "web" else "lt_")
    connection.execute(
        "INSERT INTO login_sessions (id, user, kind, token_hash, created_at, last_used_at,"
        " expires_at, ip, user_agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session_id,
            user_id,
            kind,
            hashed(credential.expose()),
            now_ms,
            now_ms,
            now_ms + LOGIN_LIFETIME_MS,
            origin.ip,
            origin.user_agent[:200],
        ),
    )
    return session_id, credential


def find(connection: sqlite3.Connection, token_hash: bytes, now_ms: int) -> Found | None:
    """Whom the credential with this hash stands for, if it has not run out."""
    row = connection.execute(_FIND, (token_hash, now_ms)).fetchone()
    if row is None:
        return None
    session_id, user_id, kind, last_used_at, impersonator = row
    principal = memberships.principal_of(
        connection,
        user_id,
        kind=PrincipalKind.USER,
        credential_id=session_id,
        is_cookie=kind == "web",
        actor_id=impersonator or user_id,
    )
    if principal is not None and impersonator:
        principal = replace(principal, global_roles=frozenset())
    return None if principal is None else Found(principal, last_used_at)


def touch(connection: sqlite3.Connection, token_hash: bytes, now_ms: int) -> None:
    """The session was used: its end moves on, unless an admin borrowed somebody's place."""
    connection.execute(
        "UPDATE login_sessions SET last_used_at = ?,"
        " expires_at = iif(impersonated_by IS NULL, ?, expires_at) WHERE token_hash = ?",
        (now_ms, now_ms + LOGIN_LIFETIME_MS, token_hash),
    )


def end(connection: sqlite3.Connection, session_id: str, user_id: str) -> bool:
    """Signs one of the user's sessions out; False when there is no such session."""
    cursor = connection.execute(
        "DELETE FROM login_sessions WHERE id = ? AND user = ?", (session_id, user_id)
    )
    return cursor.rowcount > 0


class Row(NamedTuple):
    """A session as its owner sees it; times are Unix milliseconds."""

    id: str
    kind: str
    created_at: int
    last_used_at: int
    expires_at: int
    ip: str
    user_agent: str


def of_user(connection: sqlite3.Connection, user_id: str, now_ms: int) -> list[Row]:
    """All that still hold, the last used first; not an admin's in the person's place."""
    rows = connection.execute(
        "SELECT id, kind, created_at, last_used_at, expires_at, ip, user_agent FROM login_sessions"
        " WHERE user = ? AND expires_at > ? AND impersonated_by IS NULL"
        " ORDER BY last_used_at DESC, id DESC",
        (user_id, now_ms),
    )
    return [Row(*row) for row in rows]


def end_all(connection: sqlite3.Connection, user_id: str, but: str = "") -> int:
    """Signs all of the user's sessions out, `but` the one of that id; how many."""
    cursor = connection.execute(
        "DELETE FROM login_sessions WHERE user = ? AND id != ?", (user_id, but)
    )
    return cursor.rowcount
