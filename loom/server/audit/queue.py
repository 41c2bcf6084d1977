"""Lines that wait to be written: so many and no more, and what matters less gives way first."""

from collections import deque
from collections.abc import Sequence
from heapq import merge
from operator import attrgetter

from loom.server.audit.event import AuditEvent
from loom.server.audit.severity import is_routine

CAPACITY = 10_000


class Queue:
    """A bounded queue of two ranks.

    Attributes:
        dropped: how many routine lines, and how many others, found no room.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.dropped = [0, 0]
        self._capacity = capacity
        self._routine: deque[AuditEvent] = deque()
        self._important: deque[AuditEvent] = deque()

    def __len__(self) -> int:
        return len(self._routine) + len(self._important)

    def put(self, event: AuditEvent) -> None:
        """Takes the line, in place of a routine one if there is no room; else it is counted."""
        routine = is_routine(event)
        if len(self) >= self._capacity:
            self.dropped[0 if self._routine or routine else 1] += 1
            if routine or not self._routine:
                return
            self._routine.pop()
        (self._routine if routine else self._important).append(event)

    def take(self, most: int) -> list[AuditEvent]:
        """The oldest lines, in the order of their times."""
        if not self._important:
            return [self._routine.popleft() for _ in range(min(most, len(self._routine)))]
        batch: list[AuditEvent] = []
        for event in merge(tuple(self._important), tuple(self._routine), key=attrgetter("at")):
            if len(batch) == most:
                break
            batch.append(event)
        for event in batch:
            (self._routine if is_routine(event) else self._important).popleft()
        return batch

    def put_back(self, events: Sequence[AuditEvent]) -> None:
        """What was taken and could not be written is the oldest again."""
        for event in reversed(events):
            (self._routine if is_routine(event) else self._important).appendleft(event)
