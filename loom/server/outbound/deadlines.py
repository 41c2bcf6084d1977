"""One timer for all who wait, set for whoever could be due first.

A timer each would cost every request more than its waiting does.
"""

import asyncio
from typing import Protocol

GRAIN = 0.05
"""Seconds between two looks, at least: what a wait may last too long."""


class Waiting(Protocol):
    """Somebody with a limit on how long they wait."""

    def look(self, now: float) -> float:
        """Ends a wait that is too long; when to look again, by the loop's clock."""
        ...


class Deadlines:
    """Looks at everybody who was added until they are discarded."""

    def __init__(self) -> None:
        self._waiting: set[Waiting] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, one: Waiting, at: float) -> None:
        """Looks at `one` at that time, or somewhat later; inside a running loop."""
        self._waiting.add(one)
        if self._timer is None or at < self._timer.when():
            self._set(at)

    def discard(self, one: Waiting) -> None:
        """Nobody waits any more; harmless for one who was not added."""
        self._waiting.discard(one)

    def close(self) -> None:
        """Looks no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, at: float) -> None:
        self.close()
        self._timer = asyncio.get_running_loop().call_at(at, self._look)

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        if soonest := min((each.look(now) for each in tuple(self._waiting)), default=0.0):
            self._set(max(soonest, now + GRAIN))
