"""SQL of requests that an organization keeps."""

import sqlite3
from typing import NamedTuple

from loom.db import overwriting
from loom.server.identifiers import new_id
from loom.server.spending.ledger import Spender
from loom.server.spending.periods import DAY_MS


class Kept(NamedTuple):
    """One request without its body."""

    id: str
    user: str
    request_id: str
    provider: str
    model: str
    at: int
    expires_at: int
    size: int


def add(
    connection: sqlite3.Connection,
    spender: Spender,
    request_id: str,
    body: str,
    now_ms: int,
    days: int,
) -> None:
    """Keeps a request, and drops those whose time is over."""
    drop_expired(connection, now_ms)
    connection.execute(
        "INSERT INTO kept_requests (id, org, user, request_id, provider, model, at, expires_at,"
        " body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new_id(now_ms),
            spender.org,
            spender.user,
            request_id,
            spender.provider,
            spender.model,
            now_ms,
            now_ms + days * DAY_MS,
            body,
        ),
    )


_LIST = """
SELECT id, user, request_id, provider, model, at, expires_at, length(body) FROM kept_requests
WHERE org = ? AND expires_at > ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?
"""


def listed(
    connection: sqlite3.Connection, org: str, now_ms: int, limit: int, before: str = ""
) -> list[Kept]:
    """The newest of the organization's, before the one with this id."""
    return [Kept(*row) for row in connection.execute(_LIST, (org, now_ms, before, before, limit))]


def body(connection: sqlite3.Connection, org: str, kept_id: str, now_ms: int) -> str | None:
    """What was sent; None when there is no such request of the organization."""
    row = connection.execute(
        "SELECT body FROM kept_requests WHERE org = ? AND id = ? AND expires_at > ?",
        (org, kept_id, now_ms),
    ).fetchone()
    return None if row is None else row[0]


def remove(connection: sqlite3.Connection, org: str, kept_id: str = "") -> int:
    """Deletes one of the organization's, or all; says how many. Their bytes are overwritten."""
    return _deleted(connection, "org = ? AND (? = '' OR id = ?)", (org, kept_id, kept_id))


def drop_expired(connection: sqlite3.Connection, now_ms: int) -> int:
    """Deletes what has been kept long enough; says how many."""
    return _deleted(connection, "expires_at <= ?", (now_ms,))


def _deleted(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> int:
    with overwriting(connection):
        return connection.execute(f"DELETE FROM kept_requests WHERE {where}", values).rowcount  # noqa: S608 - ours
