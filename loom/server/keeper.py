"""Keeps requests where an organization says so: redacted, for its own admins, for a time."""

import asyncio
import logging
from collections.abc import Callable

from loom.core.errors import LoomError
from loom.redact import Redactor
from loom.server import kept_requests
from loom.server.background import Background
from loom.server.database import Database
from loom.server.spending.ledger import Spender

log = logging.getLogger("loom.server")

MAX_AT_ONCE = 32
"""Requests on their way to disk; more are not kept, rather than held in memory."""


class Keeper:
    """Takes requests without making anybody wait.

    Args:
        clock: Unix milliseconds.
    """

    def __init__(
        self,
        database: Database,
        background: Background,
        redactor: Redactor,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._background = background
        self._redactor = redactor
        self._clock = clock
        self._running = 0

    def keep(self, spender: Spender, request_id: str, body: bytes, days: int) -> None:
        """Notes a request's body, redacted, for so long."""
        if self._running >= MAX_AT_ONCE:
            log.warning("a request was not kept: too many at once")
            return
        self._running += 1
        self._background.spawn(self._keep(spender, request_id, body, days))

    async def _keep(self, spender: Spender, request_id: str, body: bytes, days: int) -> None:
        now = self._clock()
        try:
            # A body may have megabytes.
            text = await asyncio.to_thread(self._redactor.redact, body.decode("utf-8", "replace"))
            await self._database.write(
                lambda c: kept_requests.add(c, spender, request_id, text, now, days)
            )
        except LoomError as error:
            log.error("a request was not kept: %s", error)
        finally:
            self._running -= 1
