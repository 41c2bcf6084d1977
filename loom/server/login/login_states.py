"""SQL of sign-ins that are on their way, and of assertions that were used.

A state is kept as its hash, is good once, for ten minutes, and in the browser that began.
"""

import sqlite3
from dataclasses import dataclass

from loom.server.auth.credentials import hashed
from loom.server.login.failures import LoginFailed

LIFETIME_MS = 10 * 60 * 1000


@dataclass(frozen=True)
class Kept:
    """What is kept while a person is at the identity provider.

    Attributes:
        browser: the hash of the cookie of the browser that began.
        arrival: who came back, as JSON, while their browser has not shown itself yet (SAML).
    """

    browser: bytes
    nonce: str = ""
    code_verifier: str = ""
    next: str = ""
    arrival: str = ""


def keep(
    connection: sqlite3.Connection, provider: str, state: str, kept: Kept, now_ms: int
) -> None:
    """Keeps `kept` under `state`; what is too old goes."""
    connection.execute("DELETE FROM login_states WHERE expires_at <= ?", (now_ms,))
    connection.execute(
        "INSERT INTO login_states (state_hash, provider, browser_hash, nonce, code_verifier, next,"
        " arrival, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            hashed(state),
            provider,
            kept.browser,
            kept.nonce,
            kept.code_verifier,
            kept.next,
            kept.arrival,
            now_ms,
            now_ms + LIFETIME_MS,
        ),
    )


def take(
    connection: sqlite3.Connection,
    provider: str,
    state: str,
    now_ms: int,
    browser: bytes | None = None,
) -> Kept | None:
    """What was kept under `state`, which is gone with this; None when there is no such thing.

    Args:
        browser: another browser's hash finds nothing, and takes nothing away. None where the
            browser cannot show its cookie (a form that another site posts).
    """
    row = connection.execute(
        "DELETE FROM login_states WHERE state_hash = ? AND provider = ? AND expires_at > ?"
        " AND (? IS NULL OR browser_hash = ?)"
        " RETURNING browser_hash, nonce, code_verifier, next, arrival",
        (hashed(state), provider, now_ms, browser, browser),
    ).fetchone()
    return None if row is None else Kept(*row)


def use_assertion(
    connection: sqlite3.Connection, assertion_id: str, expires_at: int, now_ms: int
) -> None:
    """Notes that the assertion was used. Raises LoginFailed when it was used before."""
    connection.execute("DELETE FROM used_assertions WHERE expires_at <= ?", (now_ms,))
    cursor = connection.execute(
        "INSERT INTO used_assertions (id_hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (hashed(assertion_id), expires_at),
    )
    if cursor.rowcount == 0:
        raise LoginFailed(
            "saml_replay",
            "the identity provider's answer was used before",
            "Start again from the sign-in page: /login.",
        )
