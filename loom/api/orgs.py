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


class Invitation(Struct, frozen=True):
    """One that waits to be accepted."""

    id: str
    email: str
    role: OrgRole
    invited_by: str
    created_at: str
    expires_at: str


class InvitationList(Struct, frozen=True):
    """`GET /api/orgs/{org}/invitations`, newest first."""

    invitations: tuple[Invitation, ...]


class NewInvitation(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /api/orgs/{org}/invitations`; one for the same address takes the place of an older."""

    email: str
    role: Literal["admin", "member"] = "member"


class InvitationMade(Struct, frozen=True):
    """`token`, and its page `link`, are shown this once; `is_mailed`: it is sent to the address."""

    invitation: Invitation
    token: str
    link: str
    is_mailed: bool = False


class InvitationPreview(Struct, frozen=True):
    """`GET /api/invitations/{token}`, for anybody who has the token. `email` is not all of it."""

    org: str
    org_name: str
    role: OrgRole
    invited_by: str
    email: str
    expires_at: str


class JoinAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /api/orgs/{org}/join-requests`: what the organization's admins read."""

    message: str = ""


class JoinRequest(Struct, frozen=True):
    """Somebody who asks to be let in."""

    user_id: str
    name: str
    email: str
    message: str
    created_at: str


class JoinRequestList(Struct, frozen=True):
    """`GET /api/orgs/{org}/join-requests`, oldest first."""

    join_requests: tuple[JoinRequest, ...]
