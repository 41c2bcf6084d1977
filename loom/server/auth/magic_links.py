"""SQL of magic links: who opens one has the mailbox that it was sent to, or the operator's word."""

import sqlite3
from typing import NamedTuple

from loom.secrets import Secret
from loom.server.auth.credentials import hashed, new_credential

MAILED_LIFETIME_MS = 10 * 60 * 1000
OPERATORS_LIFETIME_MS = 60 * 60 * 1000


class Link(NamedTuple):
    """What a link's token stands for. `is_operators`: it was made, not mailed."""

    email: str
    next_page: str
    is_operators: bool


def create(connection: sqlite3.Connection, link: Link, now_ms: int) -> tuple[Secret, int]:
    """A new link's token and its end; the older ones of its kind for that address are no more."""
    token = new_credential()
    lifetime = OPERATORS_LIFETIME_MS if link.is_operators else MAILED_LIFETIME_MS
    connection.execute("DELETE FROM magic_links WHERE expires_at <= ?", (now_ms,))
    connection.execute(
        "DELETE FROM magic_links WHERE email = ? AND is_operators = ?",
        (link.email, link.is_operators),
    )
    connection.execute(
        "INSERT INTO magic_links (token_hash, email, next, is_operators, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (hashed(token.expose()), *link, now_ms, now_ms + lifetime),
    )
    return token, now_ms + lifetime


def find(connection: sqlite3.Connection, token: str, now_ms: int) -> Link | None:
    """What the token stands for, if it holds."""
    row = connection.execute(
        "SELECT email, next, is_operators FROM magic_links WHERE token_hash = ? AND expires_at > ?",
        (hashed(token), now_ms),
    ).fetchone()
    return None if row is None else Link(row[0], row[1], bool(row[2]))


def consume(connection: sqlite3.Connection, token: str, now_ms: int) -> Link | None:
    """The same, for the last time."""
    link = find(connection, token, now_ms)
    connection.execute("DELETE FROM magic_links WHERE token_hash = ?", (hashed(token),))
    return link
