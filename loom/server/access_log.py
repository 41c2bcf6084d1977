"""A log line for every request, written in batches.

A line that is made between two requests costs several times one that is made among its like; a
proxy that adds little to a request cannot afford that.
"""

import asyncio
import logging

from msgspec import Struct

from loom.log import Entry, log_all
from loom.server.metrics import Metrics

DELAY = 0.1
"""Seconds that a line may wait for others."""


class Served(Struct, frozen=True):
    """One request that is over; `at` is its end in Unix seconds."""

    at: float
    request_id: str
    method: str
    path: str
    route: str
    status: int
    seconds: float


class AccessLog:
    """Collects requests, counts them and logs them together, each as a line of its own time.

    Args:
        log: where the records go, at level info.
    """

    def __init__(self, log: logging.Logger, metrics: Metrics) -> None:
        self._log = log
        self._metrics = metrics
        self._served: list[Served] = []

    def add(self, served: Served) -> None:
        """Takes note of a request; inside a running loop."""
        if not self._served:
            asyncio.get_running_loop().call_later(DELAY, self.flush)
        self._served.append(served)

    def flush(self) -> None:
        """Counts and logs what is held."""
        held, self._served = self._served, []
        for served in held:
            self._metrics.requests.add(1, served.route, str(served.status))
            self._metrics.latency.observe(served.seconds, served.route)
        if held and self._log.isEnabledFor(logging.INFO):
            log_all(self._log, [_entry(served) for served in held])


def _entry(served: Served) -> Entry:
    ms, identity = round(served.seconds * 1000, 1), served.request_id
    fields = {"ms": ms, "route": served.route, "request_id": identity}
    return Entry(served.at, f"{served.method} {served.path} {served.status}", fields)
