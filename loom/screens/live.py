"""The host behind the screen: opened after the first paint, closed before the screen goes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from loom.core.errors import LoomError
from loom.screens.start import OpenHost

if TYPE_CHECKING:
    from loom.host.base import SessionHost


class Live:
    """Holds the host open until `leave`; `failure` is why there is none and will be none.

    Args:
        on_ready: called with the open host.
        on_failure: told why there is none; the screen stays.
    """

    def __init__(
        self,
        open_host: OpenHost,
        on_ready: "Callable[[SessionHost], Awaitable[None]]",
        on_failure: Callable[[LoomError], None],
    ) -> None:
        self._open_host = open_host
        self._on_ready = on_ready
        self._on_failure = on_failure
        self._leaving = asyncio.Event()
        self.host: SessionHost | None = None
        self.failure: LoomError | None = None

    @property
    def is_leaving(self) -> bool:
        """Whether `leave` was called."""
        return self._leaving.is_set()

    async def run(self) -> None:
        """Open, say so, wait, close."""
        try:
            async with self._open_host() as host:
                self.host = host
                if host.trouble is not None:
                    self._on_failure(host.trouble)
                await self._ready(host)
                await self._leaving.wait()
        except LoomError as error:
            self.failure = error
            self._on_failure(error)
            await self._leaving.wait()
        finally:
            self.host = None

    async def _ready(self, host: "SessionHost") -> None:
        try:
            await self._on_ready(host)
        except LoomError as error:
            self._on_failure(error)

    def leave(self) -> None:
        """Let `run` close the host and return."""
        self._leaving.set()
