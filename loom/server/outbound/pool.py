"""Connections that are used again, by origin."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache, partial
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from loom.http import environment_proxy
from loom.server.outbound.connection import Connection
from loom.server.outbound.deadlines import Deadlines
from loom.server.outbound.dial import Dialer
from loom.server.outbound.target import Origin, Target, parse_target

KEPT = 15.0
"""Seconds that a connection may idle: shorter than usual servers keep theirs."""

READ = 128 * 1024
"""Bytes that are received at a time."""


class Pool:
    """Lends connections, the last used first; `async with` closes them all.

    There is no limit on their number: it is the number of requests under way.

    Args:
        tls: how others prove their names; None takes the system's authorities.
        proxy_of: the HTTP proxy for an origin's URL; the environment's by default.
        kept: seconds that a connection may idle.

    Attributes:
        deadlines: of who waits for an answer.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        proxy_of: Callable[[str], str | None] = environment_proxy,
        kept: float = KEPT,
    ) -> None:
        self.deadlines = Deadlines()
        self._dialer = Dialer(tls)
        self._proxy_of = proxy_of
        self._kept = kept
        self._idle: dict[Origin, list[Connection]] = defaultdict(list)
        self._all: set[Connection] = set()
        self._buffer = memoryview(bytearray(READ))
        self._sweeper: asyncio.TimerHandle | None = None
        self.target = lru_cache(512)(self._target)
        """A URL taken apart, with the proxy on the way to it. Raises ValueError."""

    async def __aenter__(self) -> Self:
        self.loop = asyncio.get_running_loop()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.deadlines.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in tuple(self._all):
            connection.abort()
        # A transport closes its socket in the loop's next turn.
        await asyncio.sleep(0)

    @property
    def connections(self) -> int:
        """How many are open, idle ones too."""
        return len(self._all)

    def _target(self, url: str) -> Target:
        parts = urlsplit(url)
        return parse_target(url, self._proxy_of(f"{parts.scheme}://{parts.netloc}") or "")

    def idle(self, origin: Origin) -> Connection | None:
        """An idle connection, which is the caller's until its answer is whole."""
        kept = self._idle[origin]
        while kept:
            connection = kept.pop()
            if connection.is_open:
                return connection
        return None

    async def fresh(self, origin: Origin) -> Connection:
        """A new connection. Raises OSError when there is none to be had."""
        on_idle = partial(self._keep, origin)
        connection = await self._dialer.connect(
            origin,
            lambda: Connection(self.loop, self._buffer, on_idle, partial(self._forget, origin)),
        )
        if connection.is_open:
            self._all.add(connection)
        return connection

    def _keep(self, origin: Origin, connection: Connection) -> None:
        self._idle[origin].append(connection)
        if self._sweeper is None:
            self._sweeper = self.loop.call_later(self._kept, self._sweep)

    def _forget(self, origin: Origin, connection: Connection) -> None:
        self._all.discard(connection)
        kept = self._idle[origin]
        if connection in kept:
            kept.remove(connection)

    def _sweep(self) -> None:
        """Closes what idled too long; runs only while something is kept."""
        self._sweeper = None
        before = self.loop.time() - self._kept
        for kept in self._idle.values():
            for connection in kept:
                if connection.idle_since <= before:
                    connection.abort()
        if any(self._idle.values()):
            self._sweeper = self.loop.call_later(self._kept, self._sweep)
