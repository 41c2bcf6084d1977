"""The events of a live session: numbered, kept for a while, followed by any number of viewers."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

from msgspec.structs import replace

from loom.core import codec
from loom.core.protocol import AnyEvent, SessionClosed

KEPT = 20_000
KEPT_BYTES = 32 * 1024 * 1024

Snapshot = Callable[[], Awaitable[list[AnyEvent]]]


class EventLog:
    """Numbers events from 1 and wakes whoever follows.

    Args:
        kept: events at most; the oldest are dropped.
        kept_bytes: and their size as JSON; the newest is kept whatever its size.
    """

    def __init__(self, kept: int = KEPT, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept = kept
        self._kept_bytes = kept_bytes
        self._events: deque[AnyEvent] = deque()
        self._sizes: deque[int] = deque()
        self._size = 0
        self._last = 0
        self._is_closed = False
        self._grown = asyncio.Event()

    @property
    def last_seq(self) -> int:
        """The number of the newest event; 0 before the first."""
        return self._last

    def emit(self, event: AnyEvent) -> None:
        """Number the event, keep it and wake the followers."""
        self._last += 1
        self._keep(replace(event, seq=self._last))
        self._is_closed = isinstance(event, SessionClosed)
        self._grown.set()
        self._grown = asyncio.Event()

    def _keep(self, event: AnyEvent) -> None:
        self._events.append(event)
        self._sizes.append(len(codec.encode(event)))
        self._size += self._sizes[-1]
        while len(self._events) > 1 and self._is_too_much:
            self._events.popleft()
            self._size -= self._sizes.popleft()

    @property
    def _is_too_much(self) -> bool:
        return len(self._events) > self._kept or self._size > self._kept_bytes

    def has_since(self, seq: int) -> bool:
        """Whether everything after `seq` is still kept."""
        return self._last - len(self._events) <= seq <= self._last

    async def follow(self, after: int | None, snapshot: Snapshot) -> AsyncIterator[AnyEvent]:
        """Events after `after`, or a snapshot and what follows it, until SessionClosed.

        A follower that falls behind what is kept gets a snapshot again. One that comes when the
        session is closed is told so, unless it has seen that.
        """
        seen = after
        while True:
            if seen is None or not self.has_since(seen):
                started = await snapshot()
                seen = started[0].seq - self._is_closed
                for event in started:
                    yield event
            for event in self._since(seen):
                seen = event.seq
                yield event
            if seen == self._last:
                if self._is_closed:
                    return
                await self._grown.wait()

    def _since(self, seq: int) -> list[AnyEvent]:
        missing = self._last - seq
        if missing > len(self._events):
            return []
        start = len(self._events) - missing
        return [self._events[index] for index in range(start, len(self._events))]
