"""SQL of organizations."""

import sqlite3

from loom.api.accounts import OrgRef

_OF_USER = """
SELECT organizations.id, slug, organizations.name, role, is_personal FROM organizations
JOIN org_memberships ON org = organizations.id
WHERE user = ? AND deleted_at IS NULL ORDER BY is_personal DESC, slug
"""


def of_user(connection: sqlite3.Connection, user_id: str) -> tuple[OrgRef, ...]:
    """The organizations that the person belongs to, the personal one first."""
    rows = connection.execute(_OF_USER, (user_id,))
    return tuple(
        OrgRef(org_id, slug, name, role, bool(personal))
        for org_id, slug, name, role, personal in rows
    )
