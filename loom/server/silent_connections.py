"""Connections that are opened and then say nothing, or say it a byte at a time (slow loris).

aiohttp ends a connection that idles between requests; nothing ends one whose first request never
comes whole. So what has not made a request within its time is closed.
"""

import asyncio

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

INTERVAL = 1.0
"""Seconds between two looks: what a connection gets on top of its time, at most."""


class SilentConnections:
    """Closes them.

    Args:
        timeout_head: seconds for the first request.
    """

    def __init__(self, timeout_head: float) -> None:
        self._timeout = timeout_head
        self._served: set[RequestHandler] = set()
        self._since: dict[RequestHandler, float] = {}

    def spoke(self, connection: RequestHandler) -> None:
        """Takes note that a request came on this connection."""
        self._served.add(connection)

    async def watch(self, server: web.Server) -> None:
        """Looks again and again until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(INTERVAL)
            self._look(server.connections, loop.time())

    def _look(self, connections: list[RequestHandler], now: float) -> None:
        alive = set(connections)
        self._served &= alive
        silent = alive - self._served
        self._since = {each: self._since.get(each, now) for each in silent}
        for each, since in self._since.items():
            if now - since > self._timeout:
                each.force_close()
