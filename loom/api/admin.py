"""What the server's admins see of accounts, and acting in somebody's place."""

from typing import Literal

from msgspec import Struct

GlobalRole = Literal["system_admin", "support", "auditor"]
MAX_PAGE = 200


class Account(Struct, frozen=True):
    """Anybody's account; `gone_at` is when one that was deleted can no longer be restored.

    `stored` are the bytes of threads and images that are kept for the person.
    """

    id: str
    name: str
    email: str
    roles: tuple[GlobalRole, ...]
    created_at: str
    gone_at: str = ""
    stored: int = 0


class AccountsAsked(Struct, frozen=True):
    """The query of `GET /api/admin/users`.

    `q` is an id, or part of a name or an address; `after` is a page's `next`; `limit` is from 1 to
    200.
    """

    q: str = ""
    after: str = ""
    limit: int = 50


class AccountPage(Struct, frozen=True):
    """Accounts, newest first; `next` is empty on the last page."""

    users: tuple[Account, ...]
    next: str = ""


class RolesChange(Struct, frozen=True, forbid_unknown_fields=True):
    """`PUT /api/admin/users/{user}/roles`: all that the person has from now on."""

    roles: tuple[GlobalRole, ...]


class Impersonation(Struct, frozen=True):
    """`POST /api/admin/users/{user}/impersonate`: `token` stands for the user until `ends_at`."""

    user_id: str
    token: str
    ends_at: str


class ImpersonationState(Struct, frozen=True, omit_defaults=True):
    """`GET /auth/impersonation`: whether the caller is an admin in somebody's place."""

    is_impersonating: bool
    user_id: str = ""
    admin_id: str = ""
    ends_at: str = ""
