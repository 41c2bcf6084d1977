"""SQL of who is in an organization; one of them owns it at any time."""

import sqlite3

from loom.api.orgs import Member, OrgRole
from loom.api.times import rfc3339
from loom.server.access import Resource, not_there
from loom.server.errors import Refused

_LISTED = """
SELECT users.id, name, coalesce(email, ''), role, org_memberships.created_at
FROM org_memberships JOIN users ON users.id = user
WHERE org = ? AND deleted_at IS NULL
ORDER BY role = 'member', role = 'admin', name COLLATE NOCASE, users.id
"""

_OTHER_OWNER = """
SELECT 1 FROM org_memberships JOIN users ON users.id = user
WHERE org = ? AND role = 'owner' AND user != ? AND deleted_at IS NULL
"""

_LEAVE_TEAMS = """
DELETE FROM team_memberships
WHERE user = ? AND team IN (SELECT id FROM teams WHERE org = ?)
"""


_SETTLE = """
UPDATE users SET default_org = ?1 WHERE id = ?2 AND (default_org IS NULL OR NOT EXISTS (
    SELECT 1 FROM org_memberships JOIN organizations ON organizations.id = org
    WHERE org = default_org AND user = ?2 AND deleted_at IS NULL
))
"""


def listed(connection: sqlite3.Connection, org_id: str) -> tuple[Member, ...]:
    """Everybody in it whose account is in use: owners first, then admins, each by name."""
    rows = connection.execute(_LISTED, (org_id,))
    return tuple(
        Member(user_id, name, email, role, rfc3339(joined_at))
        for user_id, name, email, role, joined_at in rows
    )


def role_of(connection: sqlite3.Connection, org_id: str, user_id: str) -> OrgRole:
    """The member's role. Raises Refused (404) when the person is no member."""
    row = connection.execute(
        "SELECT role FROM org_memberships JOIN users ON users.id = user"
        " WHERE org = ? AND user = ? AND deleted_at IS NULL",
        (org_id, user_id),
    ).fetchone()
    if row is None:
        raise not_there(Resource("user", user_id))
    role: OrgRole = row[0]
    return role


def settle(connection: sqlite3.Connection, org_id: str, user_id: str) -> None:
    """What the person makes belongs to it from now on, unless they have chosen another one."""
    connection.execute(_SETTLE, (org_id, user_id))


def add(
    connection: sqlite3.Connection, org_id: str, user_id: str, role: OrgRole, now_ms: int
) -> bool:
    """Takes somebody in; False for who was in it and keeps their role."""
    cursor = connection.execute(
        "INSERT OR IGNORE INTO org_memberships (org, user, role, created_at) VALUES (?, ?, ?, ?)",
        (org_id, user_id, role, now_ms),
    )
    connection.execute(
        "DELETE FROM org_join_requests WHERE org = ? AND user = ?", (org_id, user_id)
    )
    return cursor.rowcount > 0


def change_role(connection: sqlite3.Connection, org_id: str, user_id: str, role: OrgRole) -> None:
    """Gives a member another role. Raises Refused (409) when nobody would own it any more."""
    if role != "owner":
        require_other_owner(connection, org_id, user_id)
    if role == "member":
        _drop_invitations(connection, org_id, user_id)
    connection.execute(
        "UPDATE org_memberships SET role = ? WHERE org = ? AND user = ?", (role, org_id, user_id)
    )


def remove(connection: sqlite3.Connection, org_id: str, user_id: str, now_ms: int) -> None:
    """Lets somebody go, and all that they could get back in with: teams, keys, invitations.

    Raises:
        Refused: nobody would own it any more (409).
    """
    require_other_owner(connection, org_id, user_id)
    connection.execute("DELETE FROM org_memberships WHERE org = ? AND user = ?", (org_id, user_id))
    connection.execute(_LEAVE_TEAMS, (user_id, org_id))
    _drop_invitations(connection, org_id, user_id)
    connection.execute(
        "UPDATE api_keys SET revoked_at = ? WHERE org = ? AND created_by = ?"
        " AND revoked_at IS NULL",
        (now_ms, org_id, user_id),
    )


def require_other_owner(connection: sqlite3.Connection, org_id: str, user_id: str) -> None:
    """Raises Refused (409) when the person is the only one who owns the organization."""
    if connection.execute(_OTHER_OWNER, (org_id, user_id)).fetchone() is not None:
        return
    row = connection.execute(
        "SELECT 1 FROM org_memberships WHERE org = ? AND user = ? AND role = 'owner'",
        (org_id, user_id),
    )
    if row.fetchone() is not None:
        hint = "Make somebody else an owner first: loom org role WHO owner"
        raise Refused(409, "conflict", "an organization has at least one owner", hint)


def _drop_invitations(connection: sqlite3.Connection, org_id: str, user_id: str) -> None:
    connection.execute(
        "DELETE FROM org_invitations WHERE org = ? AND invited_by = ?", (org_id, user_id)
    )
