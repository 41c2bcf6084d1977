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


class LinkRequest(Struct, frozen=True):
    """`POST /auth/links`, by the operator: a link that signs in whoever opens it as `email`."""

    email: str
    next: str = ""


class SignInLink(Struct, frozen=True):
    """A link that works once, until `expires_at` (RFC 3339)."""

    url: str
    expires_at: str


class DeviceStart(Struct, frozen=True):
    """Device authorization response. Source: RFC 8628 §3.2; times in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class DeviceToken(Struct, frozen=True):
    """Access token response. Source: RFC 6749 §5.1; `expires_in` seconds after its last use."""

    access_token: str
    token_type: str
    expires_in: int


class DeviceError(Struct, frozen=True):
    """What a refused poll is answered. Source: RFC 6749 §5.2, RFC 8628 §3.5."""

    error: str
    error_description: str = ""
