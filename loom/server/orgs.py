"""SQL of organizations: found by id or slug, made, changed, deleted with 90 days to change one's
mind.
"""

import sqlite3
from typing import NamedTuple

from loom.api.accounts import OrgRef
from loom.api.orgs import NewOrg, Org, OrgChange, OrgRole, OrgVisibility
from loom.api.times import rfc3339
from loom.server.errors import Refused
from loom.server.identifiers import new_id
from loom.server.members import settle
from loom.server.names import printable_name, require_slug
from loom.server.users import free_slug

GRACE_MS = 90 * 24 * 3600 * 1000
"""What was deleted can be restored for so long."""


_OF_USER = """
SELECT organizations.id, slug, organizations.name, role, is_personal FROM organizations
JOIN org_memberships ON org = organizations.id
WHERE user = ? AND deleted_at IS NULL ORDER BY is_personal DESC, slug
"""

_SELECT = """
SELECT id, slug, name, visibility, is_personal, created_at, deleted_at FROM organizations
"""

_LISTED = """
SELECT id, slug, name, visibility, is_personal, organizations.created_at, deleted_at, role
FROM organizations JOIN org_memberships ON org = id
WHERE user = ? AND purged_at IS NULL AND (deleted_at IS NULL OR role = 'owner')
ORDER BY deleted_at IS NOT NULL, is_personal DESC, slug
"""


class Found(NamedTuple):
    """A row; `deleted_at` is None for one that is in use."""

    id: str
    slug: str
    name: str
    visibility: OrgVisibility
    is_personal: bool
    created_at: int
    deleted_at: int | None

    def seen(self, role: str) -> Org:
        """As it goes over the wire to somebody with that role in it."""
        gone_at = "" if self.deleted_at is None else rfc3339(self.deleted_at + GRACE_MS)
        known = (self.id, self.slug, self.name, self.visibility, rfc3339(self.created_at))
        return Org(*known, bool(self.is_personal), role, gone_at)


def of_user(connection: sqlite3.Connection, user_id: str) -> tuple[OrgRef, ...]:
    """The organizations that the person belongs to, the personal one first."""
    rows = connection.execute(_OF_USER, (user_id,))
    return tuple(
        OrgRef(org_id, slug, name, role, bool(personal))
        for org_id, slug, name, role, personal in rows
    )


def listed(connection: sqlite3.Connection, user_id: str) -> tuple[Org, ...]:
    """The person's, the personal one first; of those that were deleted, what its owner can get
    back.
    """
    rows = connection.execute(_LISTED, (user_id,))
    return tuple(Found(*row).seen(role) for *row, role in rows)


def shared_by(connection: sqlite3.Connection, user_id: str) -> frozenset[str]:
    """Ids of the organizations in which others know the person."""
    rows = connection.execute(
        "SELECT id FROM organizations JOIN org_memberships ON org = id"
        " WHERE user = ? AND deleted_at IS NULL AND NOT is_personal",
        (user_id,),
    )
    return frozenset(org_id for (org_id,) in rows)


def find(connection: sqlite3.Connection, asked: str) -> Found | None:
    """The organization with this id or slug that is in use."""
    return _found(connection, asked, "deleted_at IS NULL")


def find_deleted(connection: sqlite3.Connection, asked: str) -> Found | None:
    """The one that was deleted and can be restored."""
    return _found(connection, asked, "deleted_at IS NOT NULL AND purged_at IS NULL")


def role_in(connection: sqlite3.Connection, org_id: str, user_id: str) -> OrgRole | None:
    """The person's role, also in an organization that was deleted; None for who is not in it."""
    row = connection.execute(
        "SELECT role FROM org_memberships WHERE org = ? AND user = ?", (org_id, user_id)
    ).fetchone()
    role: OrgRole | None = None if row is None else row[0]
    return role


def create(connection: sqlite3.Connection, asked: NewOrg, owner_id: str, now_ms: int) -> Found:
    """A new organization with its owner, who works in it from now on unless in another.

    Raises:
        Refused: a wrong name (400), a taken slug (409).
    """
    name = printable_name(asked.name)
    slug = _slug(connection, asked.slug) if asked.slug else free_slug(connection, name)
    org_id = new_id(now_ms)
    connection.execute(
        "INSERT INTO organizations (id, slug, name, visibility, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (org_id, slug, name, asked.visibility, now_ms, now_ms),
    )
    connection.execute(
        "INSERT INTO org_memberships (org, user, role, created_at) VALUES (?, ?, 'owner', ?)",
        (org_id, owner_id, now_ms),
    )
    settle(connection, org_id, owner_id)
    return Found(org_id, slug, name, asked.visibility, False, now_ms, None)


def change(connection: sqlite3.Connection, org: Found, asked: OrgChange, now_ms: int) -> Found:
    """Renames it or shows it. Raises Refused: a wrong name (400), a taken slug (409)."""
    name = org.name if asked.name is None else printable_name(asked.name)
    slug = org.slug if asked.slug in (None, org.slug) else _slug(connection, asked.slug or "")
    visibility = asked.visibility or org.visibility
    if org.is_personal and visibility == "public":
        require_shared(org)
    connection.execute(
        "UPDATE organizations SET name = ?, slug = ?, visibility = ?, updated_at = ? WHERE id = ?",
        (name, slug, visibility, now_ms, org.id),
    )
    return org._replace(name=name, slug=slug, visibility=visibility)


def delete(connection: sqlite3.Connection, org: Found, now_ms: int) -> Found:
    """Takes it out of use; for 90 days `restore` brings all of it back."""
    if org.is_personal:
        hint = "It goes with your account: loom account delete"
        raise Refused(409, "conflict", "a personal organization cannot be deleted", hint)
    connection.execute("UPDATE organizations SET deleted_at = ? WHERE id = ?", (now_ms, org.id))
    return org._replace(deleted_at=now_ms)


def restore(connection: sqlite3.Connection, org: Found) -> Found:
    """As if it had never been deleted."""
    connection.execute("UPDATE organizations SET deleted_at = NULL WHERE id = ?", (org.id,))
    return org._replace(deleted_at=None)


def require_shared(org: Found) -> None:
    """Raises Refused (409) for a personal organization: it has one member for good."""
    if org.is_personal:
        hint = "Make one to share: loom org create NAME"
        raise Refused(409, "conflict", "a personal organization takes nobody in", hint)


def _found(connection: sqlite3.Connection, asked: str, where: str) -> Found | None:
    sql = f"{_SELECT} WHERE (id = ? OR slug = ?) AND {where}"
    row = connection.execute(sql, (asked, asked)).fetchone()
    return None if row is None else Found(*row)


def _slug(connection: sqlite3.Connection, slug: str) -> str:
    require_slug(slug)
    if connection.execute("SELECT 1 FROM organizations WHERE slug = ?", (slug,)).fetchone():
        raise Refused(409, "conflict", f"there is an organization with the slug {slug}")
    return slug
