"""SQL of people: each has a personal organization from the first moment."""

import sqlite3
from typing import Any

from loom.api.accounts import User
from loom.api.times import rfc3339
from loom.api.users import MeChange
from loom.server.errors import Refused
from loom.server.identifiers import new_id
from loom.server.names import as_slug, printable_name

_SELECT = """
SELECT id, name, email, is_system_admin, is_support, is_auditor, created_at FROM users
"""

_CHANGE = """
UPDATE users SET name = coalesce(:name, name), locale = coalesce(:locale, locale),
    default_org = iif(:org IS NULL, default_org, coalesce(nullif(:org, ''), (
        SELECT org FROM org_memberships JOIN organizations ON organizations.id = org
        WHERE user = users.id AND is_personal
    ))),
    updated_at = :now
WHERE id = :user
"""


def create(connection: sqlite3.Connection, name: str, email: str | None, now_ms: int) -> User:
    """A new person with a personal organization; the first of all becomes system_admin.

    Raises:
        Refused: somebody has this e-mail address (409).
    """
    # Also one that was deleted, as long as it can be restored.
    if email and connection.execute("SELECT 1 FROM users WHERE email = ?", (email,)).fetchone():
        raise Refused(409, "conflict", f"there is an account with the address {email}")
    user_id, org_id = new_id(now_ms), new_id(now_ms)
    is_first = connection.execute("SELECT 1 FROM users LIMIT 1").fetchone() is None
    connection.execute(
        "INSERT INTO users (id, name, email, is_system_admin, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (user_id, name, email, is_first, now_ms, now_ms),
    )
    connection.execute(
        "INSERT INTO organizations (id, slug, name, is_personal, created_at, updated_at)"
        " VALUES (?, ?, ?, 1, ?, ?)",
        (org_id, free_slug(connection, name or email or "user"), name, now_ms, now_ms),
    )
    connection.execute(
        "INSERT INTO org_memberships (org, user, role, created_at) VALUES (?, ?, 'owner', ?)",
        (org_id, user_id, now_ms),
    )
    return User(user_id, name, email or "", ("system_admin",) * is_first, rfc3339(now_ms))


def find(connection: sqlite3.Connection, user_id: str) -> User | None:
    """The person with this id who was not deleted."""
    return _found(connection, "WHERE id = ? AND deleted_at IS NULL", user_id)


def find_by_email(connection: sqlite3.Connection, email: str) -> User | None:
    """The person with this address, in whatever case, who was not deleted."""
    return _found(connection, "WHERE email = ? AND deleted_at IS NULL", email)


def id_of(connection: sqlite3.Connection, email: str) -> str:
    """Whose address it is, also of an account that can still be restored; "" for nobody's."""
    row = connection.execute("SELECT id FROM users WHERE email = ?", (email,)).fetchone()
    return str(row[0]) if row else ""


def change(
    connection: sqlite3.Connection, user_id: str, asked: MeChange, now_ms: int
) -> User | None:
    """Writes what is given; `default_org` is an id. Raises Refused for a wrong name (400)."""
    values = {
        "name": None if asked.name is None else printable_name(asked.name),
        "locale": None if asked.locale is None else asked.locale[:35],
        "org": asked.default_org,
        "now": now_ms,
        "user": user_id,
    }
    connection.execute(_CHANGE, values)
    return find(connection, user_id)


def free_slug(connection: sqlite3.Connection, name: str) -> str:
    """A slug like `name` that no organization has: lower-case words joined by `-`."""
    base = as_slug(name.partition("@")[0]) or "org"
    taken = {
        slug
        for (slug,) in connection.execute(
            "SELECT slug FROM organizations WHERE slug = ? OR slug GLOB ? || '-[0-9]*'",
            (base, base),
        )
    }
    if base not in taken:
        return base
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{base}-{n}") not in taken)


def _found(connection: sqlite3.Connection, where: str, value: str) -> User | None:
    row = connection.execute(f"{_SELECT} {where}", (value,)).fetchone()  # ours
    return None if row is None else _user(row)


def _user(row: tuple[Any, ...]) -> User:
    user_id, name, email, *flags, created_at = row
    names = ("system_admin", "support", "auditor")
    roles = tuple(role for role, flag in zip(names, flags, strict=True) if flag)
    return User(user_id, name, email or "", roles, rfc3339(created_at))
