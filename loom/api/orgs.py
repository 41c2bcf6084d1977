"""Organizations, and who is in them. Wherever a path says `{org}`, a slug serves as well as an id.

Times are RFC 3339.
"""

from typing import Literal

from msgspec import Struct

OrgRole = Literal["owner", "admin", "member"]
OrgVisibility = Literal["public", "private"]


class Org(Struct, frozen=True, omit_defaults=True):
    """An organization.

    `role` is the caller's, empty for who is not in it; `visibility`: public ones are found by whom
    they may ask to let them in. `gone_at` is when one that was deleted can no longer be restored.
    """

    id: str
    slug: str
    name: str
    visibility: OrgVisibility
    created_at: str
    is_personal: bool = False
    role: str = ""
    gone_at: str = ""


class OrgList(Struct, frozen=True):
    """`GET /api/orgs`: the caller's, the personal one first; with those that can be restored."""

    orgs: tuple[Org, ...]


class NewOrg(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /api/orgs`. An empty slug is made from the name."""

    name: str
    slug: str = ""
    visibility: OrgVisibility = "private"


class OrgChange(Struct, frozen=True, forbid_unknown_fields=True):
    """`PATCH /api/orgs/{org}`: what is given changes."""

    name: str | None = None
    slug: str | None = None
    visibility: OrgVisibility | None = None


class Member(Struct, frozen=True):
    """Somebody in an organization."""

    id: str
    name: str
    email: str
    role: OrgRole
    joined_at: str


class MemberList(Struct, frozen=True):
    """`GET /api/orgs/{org}/members`: owners first, then admins, each by name."""

    members: tuple[Member, ...]


class RoleChange(Struct, frozen=True, forbid_unknown_fields=True):
    """`PATCH /api/orgs/{org}/members/{user}`."""

    role: OrgRole
