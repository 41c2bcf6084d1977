"""People as others see them, and what a person may change of their own."""

from msgspec import Struct


class UserCard(Struct, frozen=True):
    """`GET /api/users/{user}`: somebody with whom the caller shares an organization."""

    id: str
    name: str
    email: str


class MeChange(Struct, frozen=True, forbid_unknown_fields=True):
    """`PATCH /api/users/me`: what is given changes.

    `default_org` is the slug or id of the organization that owns what is made unless a request
    names another; empty for the personal one.
    """

    name: str | None = None
    locale: str | None = None
    default_org: str | None = None


class Deleted(Struct, frozen=True):
    """An account was deleted. Until `gone_at` it can be restored: `may_return` says by the person,
    who signs in again, else by an admin.
    """

    id: str
    gone_at: str
    may_return: bool


class Storage(Struct, frozen=True):
    """`GET /api/users/me/storage`: bytes of threads and images that are kept for the caller.

    `deleted` are those of deleted threads, which count until they are erased: in their time, or
    when there is no room for a write. `limit` is 0 for none.
    """

    used: int
    deleted: int
    limit: int
