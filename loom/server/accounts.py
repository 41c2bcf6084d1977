"""SQL of what admins do with accounts: finding them, and what they may on the whole server."""

import sqlite3
from typing import Any

from loom.api.admin import Account, AccountPage, AccountsAsked, GlobalRole
from loom.api.times import rfc3339
from loom.server.access import Resource, not_there
from loom.server.deletions import require_other_admin
from loom.server.orgs import GRACE_MS

ROLES: tuple[GlobalRole, ...] = ("system_admin", "support", "auditor")

_SELECT = """
SELECT id, name, coalesce(email, ''), is_system_admin, is_support, is_auditor, created_at,
    deleted_at
FROM users
"""

_PAGE = """
WHERE purged_at IS NULL AND (?1 = '' OR id < ?1)
    AND (?2 = '' OR id = ?2 OR name LIKE ?3 ESCAPE '!' OR email LIKE ?3 ESCAPE '!')
ORDER BY id DESC LIMIT ?4
"""


def page(connection: sqlite3.Connection, asked: AccountsAsked) -> AccountPage:
    """Accounts that fit, newest first, those in their 90 days too."""
    escaped = asked.q.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    values = (asked.after, asked.q, f"%{escaped}%", asked.limit + 1)
    rows = connection.execute(f"{_SELECT} {_PAGE}", values)
    found = tuple(_account(row) for row in rows)
    shown = found[: asked.limit]
    return AccountPage(shown, shown[-1].id if len(found) > len(shown) else "")


def find(connection: sqlite3.Connection, user_id: str) -> Account:
    """An account, also in its 90 days. Raises Refused (404)."""
    sql = f"{_SELECT} WHERE id = ? AND purged_at IS NULL"
    row = connection.execute(sql, (user_id,)).fetchone()
    if row is None:
        raise not_there(Resource("user", user_id))
    return _account(row)


def set_roles(
    connection: sqlite3.Connection, user_id: str, roles: tuple[GlobalRole, ...], now_ms: int
) -> Account:
    """Gives these and takes all others. Raises Refused: no account (404), the last admin (409)."""
    was = find(connection, user_id)
    if "system_admin" in was.roles and "system_admin" not in roles:
        require_other_admin(connection, user_id)
    connection.execute(
        "UPDATE users SET is_system_admin = ?, is_support = ?, is_auditor = ?, updated_at = ?"
        " WHERE id = ?",
        (*(role in roles for role in ROLES), now_ms, user_id),
    )
    return find(connection, user_id)


def _account(row: tuple[Any, ...]) -> Account:
    user_id, name, email, *flags, created_at, deleted_at = row
    roles = tuple(role for role, flag in zip(ROLES, flags, strict=True) if flag)
    gone_at = "" if deleted_at is None else rfc3339(deleted_at + GRACE_MS)
    return Account(user_id, name, email, roles, rfc3339(created_at), gone_at)
