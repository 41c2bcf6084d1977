"""SQL of identities: which account a provider's person has."""

import sqlite3
from typing import NamedTuple


class Identity(NamedTuple):
    """A way to sign in to one account; times are Unix milliseconds."""

    provider: str
    subject: str
    email: str
    created_at: int
    last_used_at: int


def user_of(connection: sqlite3.Connection, provider: str, subject: str) -> str | None:
    """The id of whose it is, also of somebody who was deleted."""
    row = connection.execute(
        "SELECT user FROM identities WHERE provider = ? AND subject = ?", (provider, subject)
    ).fetchone()
    return None if row is None else str(row[0])


def use(
    connection: sqlite3.Connection,
    provider: str,
    subject: str,
    user_id: str,
    email: str,
    now_ms: int,
) -> None:
    """It signed in: kept for `user_id` if it is new."""
    connection.execute(
        "INSERT INTO identities (provider, subject, user, email, created_at, last_used_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET email = excluded.email, last_used_at = excluded.last_used_at",
        (provider, subject, user_id, email, now_ms, now_ms),
    )


def of_user(connection: sqlite3.Connection, user_id: str) -> list[Identity]:
    """All of a person's, oldest first."""
    rows = connection.execute(
        "SELECT provider, subject, email, created_at, last_used_at FROM identities"
        " WHERE user = ? ORDER BY created_at",
        (user_id,),
    )
    return [Identity(*row) for row in rows]
