"""SQL of leaving for good: an account goes with what is its alone, can be restored for 90 days, and
is a name without a person after that.
"""

import sqlite3
from typing import NamedTuple

from loom.api.times import rfc3339
from loom.api.users import Deleted
from loom.db import overwriting
from loom.server.access import Resource, not_there
from loom.server.errors import Refused
from loom.server.orgs import GRACE_MS

_SOLE_OWNER = """
SELECT slug FROM organizations AS o JOIN org_memberships AS own ON own.org = o.id
WHERE own.user = ?1 AND own.role = 'owner' AND o.deleted_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM org_memberships AS m JOIN users ON users.id = m.user
    WHERE m.org = o.id AND m.user != ?1 AND m.role = 'owner' AND users.deleted_at IS NULL
) AND EXISTS (
    SELECT 1 FROM org_memberships AS m JOIN users ON users.id = m.user
    WHERE m.org = o.id AND m.user != ?1 AND users.deleted_at IS NULL
) ORDER BY slug
"""

_THEIRS_ALONE = """
UPDATE organizations SET deleted_at = ?2
WHERE deleted_at IS NULL AND id IN (SELECT org FROM org_memberships WHERE user = ?1)
    AND NOT EXISTS (
        SELECT 1 FROM org_memberships AS m JOIN users ON users.id = m.user
        WHERE m.org = organizations.id AND m.user != ?1 AND users.deleted_at IS NULL
    )
"""

_RESTORE_ORGS = """
UPDATE organizations SET deleted_at = NULL
WHERE deleted_at = ? AND purged_at IS NULL
    AND id IN (SELECT org FROM org_memberships WHERE user = ?)
"""

_TOMBSTONE = """
UPDATE users SET name = 'Deleted user', email = NULL, avatar_url = '', locale = '',
    is_system_admin = 0, is_support = 0, is_auditor = 0, default_org = NULL, purged_at = ?
WHERE id = ?
"""

_OF_USER = (
    "DELETE FROM identities WHERE user = ?",
    "DELETE FROM login_sessions WHERE user = ?",
    "DELETE FROM org_memberships WHERE user = ?",
    "DELETE FROM team_memberships WHERE user = ?",
    "DELETE FROM org_join_requests WHERE user = ?",
    "DELETE FROM api_keys WHERE created_by = ?",
    "DELETE FROM kept_requests WHERE user = ?",
)

_OF_ORG = (
    "DELETE FROM team_memberships WHERE team IN (SELECT id FROM teams WHERE org = ?)",
    "DELETE FROM teams WHERE org = ?",
    "DELETE FROM org_memberships WHERE org = ?",
    "DELETE FROM org_invitations WHERE org = ?",
    "DELETE FROM org_join_requests WHERE org = ?",
    "DELETE FROM api_keys WHERE org = ?",
    "DELETE FROM budgets WHERE org = ?",
    "DELETE FROM org_proxy_settings WHERE org = ?",
    "DELETE FROM kept_requests WHERE org = ?",
    "UPDATE users SET default_org = NULL WHERE default_org = ?",
)


_HOMES = """
SELECT user, organizations.id FROM org_memberships JOIN organizations ON organizations.id = org
WHERE is_personal
"""


class Purged(NamedTuple):
    """How much went for good."""

    users: int
    orgs: int


def delete_user(
    connection: sqlite3.Connection, user_id: str, now_ms: int, *, may_return: bool
) -> Deleted:
    """Takes the account out of use, and the organizations that nobody else is in.

    Args:
        may_return: the person can undo it by signing in; else only an admin can.

    Raises:
        Refused: there is no such account (404), it is the last system_admin's, or it owns an
            organization with others in it who own none of it (409).
    """
    row = connection.execute(
        "SELECT is_system_admin FROM users WHERE id = ? AND deleted_at IS NULL", (user_id,)
    ).fetchone()
    if row is None:
        raise not_there(Resource("user", user_id))
    if row[0]:
        require_other_admin(connection, user_id)
    _require_handed_over(connection, user_id)
    connection.execute(_THEIRS_ALONE, (user_id, now_ms))
    connection.execute(
        "DELETE FROM login_sessions WHERE user = ? OR impersonated_by = ?", (user_id, user_id)
    )
    connection.execute("DELETE FROM org_invitations WHERE invited_by = ?", (user_id,))
    connection.execute(
        "UPDATE users SET deleted_at = ?, updated_at = ?, may_return = ? WHERE id = ?",
        (now_ms, now_ms, may_return, user_id),
    )
    return Deleted(user_id, rfc3339(now_ms + GRACE_MS), may_return)


def restorable(connection: sqlite3.Connection, user_id: str) -> Deleted | None:
    """What is to be known of an account in its 90 days; None for every other."""
    row = connection.execute(
        "SELECT deleted_at, may_return FROM users WHERE id = ? AND deleted_at IS NOT NULL"
        " AND purged_at IS NULL",
        (user_id,),
    ).fetchone()
    return None if row is None else Deleted(user_id, rfc3339(row[0] + GRACE_MS), bool(row[1]))


def restore_user(connection: sqlite3.Connection, user_id: str, now_ms: int) -> None:
    """As before, with the organizations that went with it. Raises Refused (404)."""
    if restorable(connection, user_id) is None:
        raise not_there(Resource("user", user_id))
    row = connection.execute("SELECT deleted_at FROM users WHERE id = ?", (user_id,)).fetchone()
    connection.execute(_RESTORE_ORGS, (row[0], user_id))
    connection.execute(
        "UPDATE users SET deleted_at = NULL, updated_at = ? WHERE id = ?", (now_ms, user_id)
    )


def purge(connection: sqlite3.Connection, now_ms: int) -> Purged:
    """Accounts and organizations whose 90 days are over: tombstones that references still find."""
    users = _due(connection, "users", now_ms)
    for user_id in users:
        _each(connection, _OF_USER, user_id)
        connection.execute(_TOMBSTONE, (now_ms, user_id))
    orgs = _due(connection, "organizations", now_ms)
    for org_id in orgs:
        _each(connection, _OF_ORG, org_id)
        connection.execute(
            "UPDATE organizations SET slug = 'deleted-' || id, name = 'Deleted organization',"
            " visibility = 'private', purged_at = ? WHERE id = ?",
            (now_ms, org_id),
        )
    return Purged(len(users), len(orgs))


def purged(connection: sqlite3.Connection) -> tuple[list[str], list[str]]:
    """Ids of all people, and of all organizations, that are tombstones."""
    found = (
        connection.execute(f"SELECT id FROM {table} WHERE purged_at IS NOT NULL").fetchall()  # noqa: S608  # ours
        for table in ("users", "organizations")
    )
    people, orgs = ([each for (each,) in rows] for rows in found)
    return people, orgs


def homes(connection: sqlite3.Connection) -> dict[str, str]:
    """Everybody's personal organization, by the person."""
    return dict(connection.execute(_HOMES).fetchall())


def require_other_admin(connection: sqlite3.Connection, user_id: str) -> None:
    """Raises Refused (409) when nobody else would run the server."""
    other = "SELECT 1 FROM users WHERE is_system_admin AND deleted_at IS NULL AND id != ?"
    if connection.execute(other, (user_id,)).fetchone() is None:
        hint = "Make somebody else one first: loom admin role WHO system_admin"
        raise Refused(409, "conflict", "the server has at least one system_admin", hint)


def _require_handed_over(connection: sqlite3.Connection, user_id: str) -> None:
    slugs = [slug for (slug,) in connection.execute(_SOLE_OWNER, (user_id,))]
    if slugs:
        hint = "Make another member the owner first (loom org role), or delete it."
        raise Refused(409, "conflict", f"nobody else owns {', '.join(slugs)}", hint)


def _due(connection: sqlite3.Connection, table: str, now_ms: int) -> list[str]:
    sql = f"FROM {table} WHERE deleted_at <= ? AND purged_at IS NULL"
    rows = connection.execute(f"SELECT id {sql}", (now_ms - GRACE_MS,)).fetchall()
    return [row[0] for row in rows]


def _each(connection: sqlite3.Connection, statements: tuple[str, ...], key: str) -> None:
    with overwriting(connection):
        for statement in statements:
            connection.execute(statement, (key,))
