"""SQL of what people belong to, and the Principal that is made of it."""

import sqlite3
from dataclasses import replace
from typing import Any

from loom.server.principal import GlobalRole, OrgRole, Principal, PrincipalKind, TeamRole

_USER = """
SELECT name, email, is_system_admin, is_support, is_auditor, default_org FROM users
WHERE id = ? AND deleted_at IS NULL
"""

_ORGS = """
SELECT org, role, organizations.is_personal FROM org_memberships
JOIN organizations ON organizations.id = org_memberships.org
WHERE user = ? AND organizations.deleted_at IS NULL
"""

_TEAMS = """
SELECT team, role, teams.org FROM team_memberships JOIN teams ON teams.id = team_memberships.team
WHERE user = ?
"""


def principal_of(
    connection: sqlite3.Connection, user_id: str, **credential: Any
) -> Principal | None:
    """The user's Principal; None when there is no such user any more.

    Args:
        credential: the fields of Principal that the credential decides. One with an `org_id` is
            limited to that organization, as a member, and has no global role.
    """
    row = connection.execute(_USER, (user_id,)).fetchone()
    if row is None:
        return None
    name, email, *flags, default_org = row
    orgs = connection.execute(_ORGS, (user_id,)).fetchall()
    principal = Principal(
        user_id=user_id,
        email=email or "",
        name=name,
        org_roles=_roles(orgs),
        team_roles=_team_roles(connection, user_id, {org for org, *_ in orgs}),
        global_roles=_global_roles(flags),
        **{"org_id": _own_org(orgs, default_org), **credential},
    )
    return _limited(principal) if principal.kind is PrincipalKind.API_KEY else principal


def org_of_team(connection: sqlite3.Connection, team_id: str) -> str:
    """The organization of a team; "" when there is no such team."""
    row = connection.execute("SELECT org FROM teams WHERE id = ?", (team_id,)).fetchone()
    return row[0] if row else ""


def is_in(connection: sqlite3.Connection, user_id: str, org_id: str) -> bool:
    """Whether neither has been deleted, and one belongs to the other."""
    principal = principal_of(connection, user_id)
    return principal is not None and org_id in principal.org_roles


def _roles(orgs: list[Any]) -> dict[str, OrgRole]:
    return {org: role for org, role, _ in orgs}


def _team_roles(
    connection: sqlite3.Connection, user_id: str, orgs: set[str]
) -> dict[str, TeamRole]:
    # Who left the organization has left its teams.
    rows = connection.execute(_TEAMS, (user_id,)).fetchall()
    return {team: role for team, role, org in rows if org in orgs}


def _global_roles(flags: list[int]) -> frozenset[GlobalRole]:
    names: tuple[GlobalRole, ...] = ("system_admin", "support", "auditor")
    return frozenset(name for name, flag in zip(names, flags, strict=True) if flag)


def _own_org(orgs: list[Any], default_org: str | None) -> str:
    if default_org is not None and any(org == default_org for org, *_ in orgs):
        return default_org
    return next((org for org, _, is_personal in orgs if is_personal), "")


def _limited(principal: Principal) -> Principal | None:
    """A key does what its maker may still do in its organization, and nothing elsewhere."""
    if principal.org_id not in principal.org_roles:
        return None
    return replace(
        principal,
        org_roles={principal.org_id: "member"},
        team_roles={},
        global_roles=frozenset(),
    )
