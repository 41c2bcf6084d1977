"""SQL of API keys (`lk_`), as far as signing in needs it."""

import sqlite3

from msgspec import json

from loom.server import memberships
from loom.server.auth.login_sessions import Found
from loom.server.principal import PrincipalKind, Scope

_FIND = """
SELECT api_keys.id, org, scopes, created_by, coalesce(last_used_at, 0) FROM api_keys
JOIN organizations ON organizations.id = api_keys.org
WHERE token_hash = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
    AND organizations.deleted_at IS NULL
"""


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
