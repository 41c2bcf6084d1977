"""Which browser began a sign-in: a cookie of its own, so that nobody finishes it in another's.

It is sent with the redirect back (SameSite=Lax).
"""

import re
import secrets

from aiohttp import web

from loom.server import cookies
from loom.server.auth.credentials import hashed
from loom.server.login.login_states import LIFETIME_MS

COOKIE = "loom_login"
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


def mark(request: web.Request, response: web.StreamResponse) -> bytes:
    """Gives the browser its cookie, or leaves it the one it has; what is kept of it."""
    value = _shown(request) or secrets.token_urlsafe(32)
    cookies.put(request, response, COOKIE, value, LIFETIME_MS // 1000)
    return hashed(value)


def marked(request: web.Request) -> bytes:
    """What would be kept of the cookie that the browser shows, also where it shows none."""
    return hashed(_shown(request))


def _shown(request: web.Request) -> str:
    value = cookies.shown(request, COOKIE)
    return value if _VALUE.fullmatch(value) else ""
