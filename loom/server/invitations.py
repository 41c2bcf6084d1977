"""SQL of invitations: a token that lets the one person in who has the address."""

import sqlite3

from loom.api.orgs import Invitation, InvitationPreview, NewInvitation, OrgRole
from loom.api.times import rfc3339
from loom.secrets import Secret
from loom.server import members
from loom.server.access import Resource, not_there
from loom.server.auth.credentials import hashed, new_credential
from loom.server.errors import Refused
from loom.server.identifiers import new_id
from loom.server.names import require_email
from loom.server.orgs import Found, require_shared

LIFETIME_MS = 30 * 24 * 3600 * 1000

_LISTED = """
SELECT org_invitations.id, org_invitations.email, role, coalesce(users.name, ''),
    org_invitations.created_at, expires_at
FROM org_invitations LEFT JOIN users ON users.id = invited_by
WHERE org = ? AND expires_at > ? ORDER BY org_invitations.id DESC
"""

_OPEN = """
SELECT organizations.id, slug, organizations.name, role, coalesce(users.name, ''),
    org_invitations.email, expires_at
FROM org_invitations JOIN organizations ON organizations.id = org
LEFT JOIN users ON users.id = invited_by
WHERE token_hash = ? AND expires_at > ? AND organizations.deleted_at IS NULL
"""

_MEMBER = """
SELECT 1 FROM org_memberships JOIN users ON users.id = user
WHERE org = ? AND email = ? AND deleted_at IS NULL
"""


def create(
    connection: sqlite3.Connection, org: Found, asked: NewInvitation, by: str | None, now_ms: int
) -> tuple[Invitation, Secret]:
    """An invitation for 30 days and its token, which cannot be read again.

    Raises:
        Refused: no e-mail address (400); a personal organization, or in it already (409).
    """
    require_shared(org)
    email = require_email(asked.email)
    if connection.execute(_MEMBER, (org.id, email)).fetchone():
        raise Refused(409, "conflict", f"{email} is in {org.slug}")
    token, expires_at = new_credential(), now_ms + LIFETIME_MS
    row = (new_id(now_ms), org.id, email, asked.role, hashed(token.expose()), by)
    connection.execute(
        "INSERT OR REPLACE INTO org_invitations (id, org, email, role, token_hash, invited_by,"
        " created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, now_ms, expires_at),
    )
    made = next(each for each in listed(connection, org.id, now_ms) if each.id == row[0])
    return made, token


def listed(connection: sqlite3.Connection, org_id: str, now_ms: int) -> tuple[Invitation, ...]:
    """Those that can still be accepted, newest first."""
    rows = connection.execute(_LISTED, (org_id, now_ms))
    return tuple(
        Invitation(key, email, role, by, rfc3339(created_at), rfc3339(expires_at))
        for key, email, role, by, created_at, expires_at in rows
    )


def preview(connection: sqlite3.Connection, token: str, now_ms: int) -> InvitationPreview:
    """What the invitation says to who holds it. Raises Refused (404): unknown, old or revoked."""
    _, slug, name, role, by, email, expires_at = _open(connection, token, now_ms)
    account, _, domain = email.partition("@")
    return InvitationPreview(slug, name, role, by, f"{account[:1]}…@{domain}", rfc3339(expires_at))


def accept(connection: sqlite3.Connection, token: str, user_id: str, now_ms: int) -> str:
    """Takes the person in whose verified address was invited; the organization's id.

    Raises:
        Refused: unknown, old or revoked (404); for another address (403).
    """
    org_id, _, _, role, *_ = _open(connection, token, now_ms)
    # SQLite compares addresses without case in ASCII alone: no other letter passes for one.
    row = connection.execute(
        "DELETE FROM org_invitations WHERE token_hash = ?"
        " AND email = (SELECT email FROM users WHERE id = ?)",
        (hashed(token), user_id),
    )
    if not row.rowcount:
        hint = "Sign in with the address that was invited."
        raise Refused(403, "forbidden", "this invitation is for another address", hint)
    members.add(connection, org_id, user_id, role, now_ms)
    members.settle(connection, org_id, user_id)
    return org_id


def revoke(connection: sqlite3.Connection, org_id: str, invitation_id: str) -> None:
    """The token is worth nothing any more. Raises Refused (404)."""
    sql = "DELETE FROM org_invitations WHERE org = ? AND id = ?"
    if not connection.execute(sql, (org_id, invitation_id)).rowcount:
        raise not_there(Resource("invitation", invitation_id))


def _open(
    connection: sqlite3.Connection, token: str, now_ms: int
) -> tuple[str, str, str, OrgRole, str, str, int]:
    row = connection.execute(_OPEN, (hashed(token), now_ms)).fetchone()
    if row is None:
        hint = "Invitations end, are used once and may be taken back: ask for a new one."
        raise not_there(Resource("invitation"), hint=hint)
    found: tuple[str, str, str, OrgRole, str, str, int] = row
    return found
