"""Who may see anything: a token, exchanged for a cookie."""

import hmac
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

COOKIE = "loom_web"
MOST_FAILURES = 5
WINDOW = 60.0
"""Seconds in which one address may fail so often."""


class Login:
    """Knows the token and the cookies it was exchanged for, while this process lives."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.token = secrets.token_urlsafe(32)
        self._cookies: set[str] = set()
        self._failures: defaultdict[str, deque[float]] = defaultdict(deque)
        self._clock = clock

    def is_in(self, request: web.Request) -> bool:
        """Whether the request carries a cookie of ours."""
        return request.cookies.get(COOKIE, "") in self._cookies

    def wait_for(self, address: str) -> int:
        """Seconds until `address` may try again; 0 when it may now."""
        failures, now = self._failures[address], self._clock()
        while failures and failures[0] <= now - WINDOW:
            failures.popleft()
        return 0 if len(failures) < MOST_FAILURES else int(failures[0] + WINDOW - now) + 1

    def cookie_for(self, token: str, address: str) -> str:
        """A new cookie's value; empty for a wrong token, which counts against `address`."""
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            self._failures[address].append(self._clock())
            return ""
        cookie = secrets.token_urlsafe(32)
        self._cookies.add(cookie)
        return cookie


def is_own_origin(request: web.Request, public_url: str) -> bool:
    """Whether the page that asks is ours: its Origin is the public address, or the one asked."""
    origin = request.headers.get("Origin", "")
    public = urlsplit(public_url)
    if origin == f"{public.scheme}://{public.netloc}":
        return True
    # A foreign name can be made to point here (DNS rebinding), a number cannot.
    return origin == f"http://{request.host}" and _is_number_or_local(request.host)


def _is_number_or_local(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or bool(ip_address(name))
    except ValueError:
        return False
