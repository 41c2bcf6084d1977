"""Teams: part of an organization's members. `{team}` is a slug or an id."""

from typing import Literal

from msgspec import Struct

TeamRole = Literal["maintainer", "member"]


class Team(Struct, frozen=True):
    """A team; `role` is the caller's in it, empty for none."""

    id: str
    slug: str
    name: str
    member_count: int
    role: str
    created_at: str


class TeamList(Struct, frozen=True):
    """`GET /api/orgs/{org}/teams`, by slug."""

    teams: tuple[Team, ...]


class NewTeam(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /api/orgs/{org}/teams`. An empty slug is made from the name."""

    name: str
    slug: str = ""


class TeamMember(Struct, frozen=True):
    """Somebody in a team."""

    id: str
    name: str
    email: str
    role: TeamRole


class TeamMemberList(Struct, frozen=True):
    """`GET /api/orgs/{org}/teams/{team}/members`: maintainers first, each by name."""

    members: tuple[TeamMember, ...]


class TeamRoleChange(Struct, frozen=True, forbid_unknown_fields=True):
    """`PUT /api/orgs/{org}/teams/{team}/members/{user}`: takes somebody in, or changes the role."""

    role: TeamRole = "member"
