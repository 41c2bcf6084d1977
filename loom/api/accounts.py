"""People and who is signed in."""

from msgspec import Struct


class User(Struct, frozen=True):
    """A person with an account. `roles`: of system_admin, support, auditor."""

    id: str
    name: str
    email: str
    roles: tuple[str, ...]
    created_at: str


class OrgRef(Struct, frozen=True):
    """An organization of the person's; `role`: owner, admin or member."""

    id: str
    slug: str
    name: str
    role: str
    is_personal: bool


class Me(Struct, frozen=True, omit_defaults=True):
    """`GET /auth/me`: who is calling. `kind`: user, api_key or operator.

    `org_id` is the organization that owns what is made from here; `impersonated_by` is a user's id.
    """

    kind: str
    user: User | None = None
    orgs: tuple[OrgRef, ...] = ()
    org_id: str = ""
    scopes: tuple[str, ...] | None = None
    impersonated_by: str = ""
