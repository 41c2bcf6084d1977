"""From the credential that a request shows to its Principal.

What a credential stands for is remembered for a moment: the proxy's hot path asks no database.
Whoever changes what a credential stands for calls `forget`, so that the change holds at once; the
moment only bounds changes that another process made.
"""

import hmac
import time
from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

from loom.secrets import Secret
from loom.server.auth import login_sessions, service_keys
from loom.server.auth.credentials import hashed
from loom.server.auth.login_sessions import Found
from loom.server.database import Database
from loom.server.principal import OPERATOR, Principal

REMEMBERED = 5.0
"""Seconds."""

MAX_REMEMBERED = 10_000
TOUCH_AFTER_MS = 5 * 60 * 1000
"""Uses within this time are written down as one."""


class _Known(NamedTuple):
    principal: Principal
    until: float


class Authenticator:
    """Knows credentials.

    Args:
        operator: the server's own token.
        database: None where there are no accounts.
        clock: Unix milliseconds.
        on_forget: called when rights have changed.
    """

    def __init__(
        self,
        operator: Secret,
        database: Database | None,
        clock: Callable[[], int],
        on_forget: Callable[[], None] = lambda: None,
    ) -> None:
        self._operator = operator.expose().encode()
        self._database = database
        self._clock = clock
        self._on_forget = on_forget
        self._known: dict[bytes, _Known] = {}

    def is_operator(self, credential: str) -> bool:
        """The server's own token was shown."""
        # aiohttp decodes header bytes that are no UTF-8 to surrogates.
        given = credential.encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, self._operator)

    def remembered(self, credential: str) -> Principal | None:
        """Whom a token stands for that was shown a moment ago; None says nothing."""
        known = self._remembered(hashed(credential))
        return None if known is None or known.is_cookie else known

    async def principal(self, credential: str, *, is_cookie: bool = False) -> Principal | None:
        """Whom `credential` stands for; None when it is unknown, revoked or too old."""
        key = hashed(credential)
        known = self._remembered(key)
        if known is not None:
            return known if known.is_cookie == is_cookie else None
        if not is_cookie and self.is_operator(credential):
            return OPERATOR
        return await self._looked_up(key, credential, is_cookie)

    def forget(self) -> None:
        """Rights changed: the next request of everybody is looked up anew."""
        self._known.clear()
        self._on_forget()

    def holds(self, credential: str, *, is_cookie: bool = False) -> Principal | None:
        """Whom `credential` stands for at this instant; to ask is not to use it."""
        if not is_cookie and self.is_operator(credential):
            return OPERATOR
        found = self._find(hashed(credential), credential, is_cookie)
        return None if found is None else found.principal

    def _remembered(self, key: bytes) -> Principal | None:
        known = self._known.get(key)
        return None if known is None or known.until <= time.monotonic() else known.principal

    def _find(self, key: bytes, credential: str, is_cookie: bool) -> Found | None:
        if self._database is None or not credential:
            return None
        area, now = _area(credential, is_cookie), self._clock()
        found: Found | None = self._database.read(lambda c: area.find(c, key, now))
        return found if found is not None and found.principal.is_cookie == is_cookie else None

    async def _looked_up(self, key: bytes, credential: str, is_cookie: bool) -> Principal | None:
        found = self._find(key, credential, is_cookie)
        if found is None or self._database is None:
            return None
        now = self._clock()
        if now - found.last_used_at > TOUCH_AFTER_MS:
            area = _area(credential, is_cookie)
            await self._database.write(lambda c: area.touch(c, key, now))
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[key] = _Known(found.principal, time.monotonic() + REMEMBERED)
        return found.principal


def _area(credential: str, is_cookie: bool) -> ModuleType:
    return service_keys if credential.startswith("lk_") and not is_cookie else login_sessions
