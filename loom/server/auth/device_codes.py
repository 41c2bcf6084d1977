"""SQL of device codes. Source: RFC 8628."""

import secrets
import sqlite3
from typing import Literal, NamedTuple

from loom.secrets import Secret
from loom.server.auth import login_sessions
from loom.server.auth.credentials import hashed, new_credential
from loom.server.auth.login_sessions import Origin

LIFETIME_MS = 10 * 60 * 1000
INTERVAL_MS = 2_000
SLOW_DOWN_MS = 5_000
"""What a client that asks too soon has to wait more, each time. Source: §3.5."""

KEPT_MS = 24 * 3600 * 1000
"""For so long a code that ran out is told from one that never was."""

MOST_PENDING = 10_000
"""Codes in use at once. Of a thousand million user codes one in a hundred thousand, then."""

PollError = Literal[
    "authorization_pending", "slow_down", "access_denied", "expired_token", "invalid_grant"
]


class Asking(NamedTuple):
    """A device that waits: what it calls itself, and where and when it asked (Unix ms)."""

    user_code: str
    client: str
    ip: str
    created_at: int


class Redeemed(NamedTuple):
    """Who approved, and the access token that the device gets."""

    user_id: str
    token: Secret


def create(
    connection: sqlite3.Connection, client_id: str, client: str, ip: str, now_ms: int
) -> tuple[Secret, str] | None:
    """A new device code and its user code; None when too many wait."""
    connection.execute("DELETE FROM device_codes WHERE expires_at < ?", (now_ms - KEPT_MS,))
    pending = "SELECT count(*) FROM device_codes WHERE expires_at > ?"
    if connection.execute(pending, (now_ms,)).fetchone()[0] >= MOST_PENDING:
        return None
    device_code, user_code = new_credential(), _free_user_code(connection)
    connection.execute(
        "INSERT INTO device_codes (device_hash, user_code, client_id, client, ip, interval_ms,"
        " created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            hashed(device_code.expose()),
            user_code,
            client_id,
            client,
            ip,
            INTERVAL_MS,
            now_ms,
            now_ms + LIFETIME_MS,
        ),
    )
    return device_code, user_code


def asking(connection: sqlite3.Connection, user_code: str, now_ms: int) -> Asking | None:
    """Who waits for this code to be approved or denied."""
    row = connection.execute(
        "SELECT user_code, client, ip, created_at FROM device_codes WHERE user_code = ?"
        " AND expires_at > ? AND user IS NULL AND NOT is_denied",
        (user_code, now_ms),
    ).fetchone()
    return None if row is None else Asking(*row)


def decide(
    connection: sqlite3.Connection, user_code: str, user_id: str, now_ms: int, *, is_approved: bool
) -> Asking | None:
    """Notes what `user_id` said, and of whom; None when nobody waits for this code."""
    found = asking(connection, user_code, now_ms)
    if found is not None:
        connection.execute(
            "UPDATE device_codes SET user = ?, is_denied = ? WHERE user_code = ?",
            (user_id if is_approved else None, not is_approved, user_code),
        )
    return found


def redeem(
    connection: sqlite3.Connection, device_code: str, client_id: str, now_ms: int, origin: Origin
) -> Redeemed | PollError:
    """A LoginSession of who approved it, once; else the error of §3.5."""
    key = hashed(device_code)
    row = connection.execute(
        "SELECT user, is_denied, interval_ms, polled_at, expires_at FROM device_codes"
        " WHERE device_hash = ? AND client_id = ?",
        (key, client_id),
    ).fetchone()
    if row is None:
        return "invalid_grant"
    user_id, is_denied, interval_ms, polled_at, expires_at = row
    if now_ms >= expires_at:
        return "expired_token"
    if is_denied:
        return "access_denied"
    if polled_at is not None and now_ms - polled_at < interval_ms:
        return _polled(connection, key, now_ms, "slow_down")
    if user_id is None:
        return _polled(connection, key, now_ms, "authorization_pending")
    connection.execute("DELETE FROM device_codes WHERE device_hash = ?", (key,))
    _, token = login_sessions.create(connection, user_id, "cli", now_ms, origin)
    return Redeemed(user_id, token)


def as_user_code(text: str) -> str:
    """`123-456-789` however it was typed; "" when it has not nine digits."""
    digits = "".join(each for each in text if each in "0123456789")
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}" if len(digits) == 9 else ""


def _polled(
    connection: sqlite3.Connection, key: bytes, now_ms: int, answer: PollError
) -> PollError:
    connection.execute(
        "UPDATE device_codes SET polled_at = ?, interval_ms = interval_ms + ?"
        " WHERE device_hash = ?",
        (now_ms, SLOW_DOWN_MS if answer == "slow_down" else 0, key),
    )
    return answer


def _free_user_code(connection: sqlite3.Connection) -> str:
    while True:
        code = as_user_code(f"{secrets.randbelow(10**9):09d}")
        taken = "SELECT 1 FROM device_codes WHERE user_code = ?"
        if connection.execute(taken, (code,)).fetchone() is None:
            return code
