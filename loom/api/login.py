"""Signing in: the ways to do it, and the sessions that it makes."""

from msgspec import Struct


class LoginWay(Struct, frozen=True):
    """A way to sign in that is set up; a browser is sent to `path` for it."""

    name: str
    label: str
    path: str


class LoginWays(Struct, frozen=True):
    """`GET /auth/providers`; `signups`: closed, domain or open."""

    providers: tuple[LoginWay, ...]
    signups: str


class SessionInfo(Struct, frozen=True):
    """One of a person's login sessions. `kind`: web or cli; times are RFC 3339."""

    id: str
    kind: str
    created_at: str
    last_used_at: str
    expires_at: str
    ip: str
    user_agent: str
    is_current: bool


class SessionList(Struct, frozen=True):
    """`GET /api/sessions`, the last used first."""

    sessions: tuple[SessionInfo, ...]
