"""Tokens for opening a WebSocket from a page, which cannot send a header: once, within 30 s.

A token is in the socket's address, hence its short life. It is kept in memory: a restart ends the
sockets too.
"""

from collections import OrderedDict
from collections.abc import Callable

from loom.secrets import Secret
from loom.server.auth.credentials import hashed, new_credential
from loom.server.principal import Principal

LIFETIME_MS = 30_000
MOST = 10_000
"""Tokens at once; the oldest is dropped first."""


class WsTokens:
    """Issues and redeems them.

    Args:
        clock: Unix milliseconds.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._waiting: OrderedDict[bytes, tuple[Principal, int]] = OrderedDict()

    def issue(self, principal: Principal) -> Secret:
        """A token that stands for `principal`."""
        token = new_credential()
        self._waiting[hashed(token.expose())] = (principal, self._clock() + LIFETIME_MS)
        if len(self._waiting) > MOST:
            self._waiting.popitem(last=False)
        return token

    def redeem(self, token: str) -> Principal | None:
        """Whom it stands for, for the first and last time; None when it does not, or is too old."""
        principal, ends_at = self._waiting.pop(hashed(token), (None, 0))
        return principal if self._clock() < ends_at else None
