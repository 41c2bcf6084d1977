"""Which browser began a sign-in: a cookie of its own, so that nobody finishes it in another's.

It is sent with the redirect back (SameSite=Lax), and another host of the same domain cannot set
it (the `__Host-` prefix, RFC 6265bis §4.1.3) where cookies are Secure.
"""

import re
import secrets

from aiohttp import web

from loom.server.auth.credentials import hashed
from loom.server.login import web_sessions
from loom.server.login.login_states import LIFETIME_MS

_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


def mark(request: web.Request, response: web.StreamResponse) -> bytes:
    """Gives the browser its cookie, or leaves it the one it has; what is kept of it."""
    value = _shown(request) or secrets.token_urlsafe(32)
    web_sessions.put_cookie(request, response, _name(request), value, LIFETIME_MS // 1000)
    return hashed(value)


def marked(request: web.Request) -> bytes:
    """What would be kept of the cookie that the browser shows, also where it shows none."""
    return hashed(_shown(request))


def _shown(request: web.Request) -> str:
    value = request.cookies.get(_name(request), "")
    return value if _VALUE.fullmatch(value) else ""


def _name(request: web.Request) -> str:
    return f"{'__Host-' if web_sessions.is_secure_only(request) else ''}loom_login"
