"""The events of a live session: numbered, kept for a while, followed by any number of viewers."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

from msgspec.structs import replace

from loom.core.protocol import AnyEvent, SessionClosed

KEPT = 20_000

Snapshot = Callable[[], Awaitable[list[AnyEvent]]]


class EventLog:
    """Numbers events from 1 and wakes whoever follows; the oldest are dropped beyond `kept`."""

    def __init__(self, kept: int = KEPT) -> None:
        self._events: deque[AnyEvent] = deque(maxlen=kept)
        self._last = 0
        self._grown = asyncio.Event()

    @property
    def last_seq(self) -> int:
        """The number of the newest event; 0 before the first."""
        return self._last

    def emit(self, event: AnyEvent) -> None:
        """Number the event, keep it and wake the followers."""
        self._last += 1
        self._events.append(replace(event, seq=self._last))
        self._grown.set()
        self._grown = asyncio.Event()

    def has_since(self, seq: int) -> bool:
        """Whether everything after `seq` is still kept."""
        return self._last - len(self._events) <= seq <= self._last

    async def follow(self, after: int | None, snapshot: Snapshot) -> AsyncIterator[AnyEvent]:
        """Events after `after`, or a snapshot and what follows it, until SessionClosed.

        A follower that falls behind what is kept gets a snapshot again.
        """
        seen = after
        while True:
            if seen is None or not self.has_since(seen):
                started = await snapshot()
                seen = started[0].seq
                for event in started:
                    yield event
            for event in self._since(seen):
                seen = event.seq
                yield event
                if isinstance(event, SessionClosed):
                    return
            if self.has_since(seen) and seen == self._last:
                await self._grown.wait()

    def _since(self, seq: int) -> list[AnyEvent]:
        missing = self._last - seq
        if missing > len(self._events):
            return []
        start = len(self._events) - missing
        return [self._events[index] for index in range(start, len(self._events))]
