"""SQL of teams. Only who is in the organization is in a team of it."""

import sqlite3
from typing import Any

from loom.api.teams import NewTeam, Team, TeamMember, TeamRole
from loom.api.times import rfc3339
from loom.server.access import Resource, not_there
from loom.server.errors import Refused
from loom.server.identifiers import new_id
from loom.server.members import role_of
from loom.server.names import as_slug, printable_name, require_slug

_SELECT = """
SELECT teams.id, slug, teams.name, (
    SELECT count(*) FROM team_memberships JOIN users ON users.id = user
    WHERE team = teams.id AND deleted_at IS NULL
), coalesce(mine.role, ''), teams.created_at
FROM teams LEFT JOIN team_memberships AS mine ON mine.team = teams.id AND mine.user = ?
"""

_MEMBERS = """
SELECT users.id, name, coalesce(email, ''), role
FROM team_memberships JOIN users ON users.id = user
WHERE team = ? AND deleted_at IS NULL
ORDER BY role = 'member', name COLLATE NOCASE, users.id
"""


def listed(connection: sqlite3.Connection, org_id: str, user_id: str) -> tuple[Team, ...]:
    """The organization's teams by slug, with the person's role in each."""
    rows = connection.execute(f"{_SELECT} WHERE org = ? ORDER BY slug", (user_id, org_id))
    return tuple(_team(row) for row in rows)


def find(connection: sqlite3.Connection, org_id: str, asked: str, user_id: str) -> Team:
    """The team with this id or slug. Raises Refused (404) when the organization has none."""
    sql = f"{_SELECT} WHERE org = ? AND (teams.id = ? OR slug = ?)"
    row = connection.execute(sql, (user_id, org_id, asked, asked)).fetchone()
    if row is None:
        raise not_there(Resource("team", asked=asked))
    return _team(row)


def create(
    connection: sqlite3.Connection, org_id: str, asked: NewTeam, user_id: str, now_ms: int
) -> Team:
    """A new team without members. Raises Refused: a wrong name (400), a taken slug (409)."""
    name = printable_name(asked.name)
    slug = asked.slug or as_slug(name)
    require_slug(slug)
    taken = "SELECT 1 FROM teams WHERE org = ? AND slug = ?"
    if connection.execute(taken, (org_id, slug)).fetchone():
        raise Refused(409, "conflict", f"there is a team with the slug {slug}")
    connection.execute(
        "INSERT INTO teams (id, org, slug, name, created_at) VALUES (?, ?, ?, ?, ?)",
        (new_id(now_ms), org_id, slug, name, now_ms),
    )
    return find(connection, org_id, slug, user_id)


def delete(connection: sqlite3.Connection, team_id: str) -> None:
    """For good; its members stay in the organization."""
    connection.execute("DELETE FROM team_memberships WHERE team = ?", (team_id,))
    connection.execute("DELETE FROM teams WHERE id = ?", (team_id,))


def members(connection: sqlite3.Connection, team_id: str) -> tuple[TeamMember, ...]:
    """Everybody in it: maintainers first, each by name."""
    return tuple(TeamMember(*row) for row in connection.execute(_MEMBERS, (team_id,)))


def put(
    connection: sqlite3.Connection,
    org_id: str,
    team_id: str,
    user_id: str,
    role: TeamRole,
    now_ms: int,
) -> None:
    """Takes somebody in or changes their role. Raises Refused (404): not in the organization."""
    role_of(connection, org_id, user_id)
    connection.execute(
        "INSERT INTO team_memberships (team, user, role, created_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET role = excluded.role",
        (team_id, user_id, role, now_ms),
    )


def remove(connection: sqlite3.Connection, team_id: str, user_id: str) -> None:
    """Lets somebody go. Raises Refused (404) for who is not in it."""
    sql = "DELETE FROM team_memberships WHERE team = ? AND user = ?"
    if not connection.execute(sql, (team_id, user_id)).rowcount:
        raise not_there(Resource("user", user_id))


def _team(row: tuple[Any, ...]) -> Team:
    team_id, slug, name, count, role, created_at = row
    return Team(team_id, slug, name, count, role, rfc3339(created_at))
