"""SQL of API keys (`lk_`): made, listed and revoked, and found when one is shown."""

import sqlite3

from msgspec import json

from loom.api.keys import ApiKey, NewApiKey, Scope
from loom.api.times import rfc3339
from loom.secrets import Secret
from loom.server import memberships
from loom.server.access import Resource, not_there
from loom.server.auth.credentials import hashed, new_credential
from loom.server.auth.login_sessions import Found
from loom.server.errors import Refused
from loom.server.identifiers import new_id
from loom.server.names import printable_name
from loom.server.principal import SCOPES, PrincipalKind

_FIND = """
SELECT api_keys.id, org, scopes, created_by, coalesce(last_used_at, 0) FROM api_keys
JOIN organizations ON organizations.id = api_keys.org
WHERE token_hash = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
    AND organizations.deleted_at IS NULL
"""

_LISTED = """
SELECT api_keys.id, api_keys.name, hint, scopes, users.name, api_keys.created_at, last_used_at,
    expires_at
FROM api_keys JOIN users ON users.id = created_by
WHERE org = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
ORDER BY api_keys.id DESC
"""


def create(
    connection: sqlite3.Connection, org_id: str, asked: NewApiKey, user_id: str, now_ms: int
) -> tuple[ApiKey, Secret]:
    """A key of the organization's and its secret, which cannot be read again.

    Raises:
        Refused: a wrong name, or an end that is past (400).
    """
    expires_at = None if asked.expires_at is None else int(asked.expires_at.timestamp() * 1000)
    if expires_at is not None and expires_at <= now_ms:
        raise Refused(400, "invalid_request", "expires_at is in the past")
    key_id, key = new_id(now_ms), new_credential("lk_")
    scopes = tuple(scope for scope in SCOPES if scope in asked.scopes)
    row = (key_id, org_id, printable_name(asked.name), hashed(key.expose()), key.expose()[-4:])
    connection.execute(
        "INSERT INTO api_keys (id, org, name, token_hash, hint, scopes, created_by, created_at,"
        " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, json.encode(scopes).decode(), user_id, now_ms, expires_at),
    )
    made = next(each for each in listed(connection, org_id, now_ms) if each.id == key_id)
    return made, key


def listed(connection: sqlite3.Connection, org_id: str, now_ms: int) -> tuple[ApiKey, ...]:
    """The keys that can be used, newest first."""
    rows = connection.execute(_LISTED, (org_id, now_ms))
    return tuple(
        ApiKey(
            key_id, name, hint, json.decode(scopes, type=tuple[Scope, ...]), by, *map(_at, times)
        )
        for key_id, name, hint, scopes, by, *times in rows
    )


def revoke(connection: sqlite3.Connection, org_id: str, key_id: str, now_ms: int) -> None:
    """It opens nothing any more. Raises Refused (404)."""
    cursor = connection.execute(
        "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND org = ? AND revoked_at IS NULL",
        (now_ms, key_id, org_id),
    )
    if not cursor.rowcount:
        raise not_there(Resource("api_key", key_id))


def _at(time_ms: int | None) -> str:
    return "" if time_ms is None else rfc3339(time_ms)


def find(connection: sqlite3.Connection, token_hash: bytes, now_ms: int) -> Found | None:
    """Whom the key with this hash stands for: its organization's member with its scopes."""
    row = connection.execute(_FIND, (token_hash, now_ms)).fetchone()
    if row is None:
        return None
    key_id, org_id, scopes, user_id, last_used_at = row
    principal = memberships.principal_of(
        connection,
        user_id,
        kind=PrincipalKind.API_KEY,
        credential_id=key_id,
        actor_id=user_id,
        org_id=org_id,
        scopes=frozenset(json.decode(scopes, type=tuple[Scope, ...])),
    )
    return None if principal is None else Found(principal, last_used_at)


def touch(connection: sqlite3.Connection, token_hash: bytes, now_ms: int) -> None:
    """The key was used."""
    connection.execute(
        "UPDATE api_keys SET last_used_at = ? WHERE token_hash = ?", (now_ms, token_hash)
    )
