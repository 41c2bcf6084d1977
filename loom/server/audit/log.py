"""Where audit lines are added, and the one task that writes them."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from loom.core.errors import LoomError, StoreFull
from loom.redact import Redactor
from loom.server.audit import store
from loom.server.audit.chain import Mark, Seal
from loom.server.audit.event import AuditEvent, Detail, Outcome
from loom.server.audit.line import bodies_of
from loom.server.audit.queue import Queue
from loom.server.audit.repeats import WINDOW_MS, Repeats
from loom.server.audit.store import End, Footing
from loom.server.database import Database

log = logging.getLogger("loom.audit")

INTERVAL = 0.25
"""Seconds for which lines are gathered into one write."""

BATCH = 1_000
FIRST_RETRY, LAST_RETRY = 1.0, 30.0
ANCHOR_INTERVAL = 600.0
"""Seconds after which the chain's head goes to the server's log, where this database's writer
cannot take it back."""


class AuditState(NamedTuple):
    """What /health says: why nothing can be written; what waits; what found no room for ever."""

    error: str
    waiting: int
    dropped: int


class AuditLog:
    """Takes lines without making anybody wait.

    Args:
        clock: Unix milliseconds.
        seal: ties the lines together.
        redactor: reads every line before it is written.
        is_kept: False where there is only one person; lines are then forgotten.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        seal: Seal | None = None,
        redactor: Redactor | None = None,
        *,
        is_kept: bool = False,
    ) -> None:
        self.seal = seal or Seal()
        self._clock = clock
        self._redactor = redactor or Redactor()
        self._is_kept = is_kept
        self._queue = Queue()
        self._repeats = Repeats()
        self._waiting = asyncio.Event()
        self._closing = asyncio.Event()
        self._hurry = asyncio.Event()
        self._hurried: list[asyncio.Future[None]] = []
        self._error = ""
        self._is_broken = False
        self._lost = 0
        self._head: Mark | None = None
        self._anchor_due = 0.0

    def add(self, event: AuditEvent) -> None:
        """Notes what happened; it is on disk about `INTERVAL` later."""
        if not self._is_kept or self._repeats.is_repeat(event):
            return
        self._queue.put(event)
        if not self._waiting.is_set():
            self._waiting.set()

    def is_known(self, kind: str, user_id: str, ip: str) -> bool:
        """What would only be counted was, so that nobody makes an event for it."""
        return not self._is_kept or self._repeats.is_known(kind, user_id, ip)

    @property
    def state(self) -> AuditState:
        """How it goes."""
        error = self._error
        if self._is_broken and not error:
            error = "the chain did not end where it was left: run loom audit verify"
        return AuditState(error, len(self._queue), self._lost + sum(self._queue.dropped))

    @asynccontextmanager
    async def writing(self, database: Database) -> AsyncIterator[None]:
        """Lines are written to `database` within; on leaving, all that wait are."""
        if not self._is_kept:
            yield
            return
        task = asyncio.create_task(self._write_on(database))
        try:
            yield
        finally:
            self._closing.set()
            self._hurry.set()
            self._waiting.set()
            await task

    async def cut(self, database: Database, older_than_ms: int) -> int:
        """Cuts lines off the beginning, in small steps; how many. Raises StoreError."""
        total = 0
        while count := await database.write(
            lambda c: store.cut(c, older_than_ms, BATCH, self.seal)
        ):
            total += count
        if total:
            self.add(AuditEvent("audit.cut", self._clock(), details={"lines": total}))
        return total

    async def settled(self) -> None:
        """Returns when what was added before is on disk, or cannot be written now (`state`).

        The one writer writes it: whoever waits may be cancelled, and nothing is lost.
        """
        if not self._is_kept or self._closing.is_set():
            return
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hurried.append(settled)
        self._hurry.set()
        self._waiting.set()
        await settled

    async def flush(self, database: Database) -> bool:
        """Writes what waits, in transactions of a bounded size; False when there was no way."""
        while self._queue or any(self._queue.dropped):
            events, dropped = self._queue.take(BATCH), tuple(self._queue.dropped)
            if not await self._write(database, events, dropped):
                return False
        return True

    async def _write_on(self, database: Database) -> None:
        pause, is_open = INTERVAL, True
        while is_open:
            await self._gather(pause)
            is_open = not self._closing.is_set()
            hurried, self._hurried = self._hurried, []
            now_ms = self._clock() if is_open else None
            for event in self._repeats.ended(now_ms):
                self._queue.put(event)
            is_written = await self.flush(database)
            for settled in hurried:
                if not settled.done():
                    settled.set_result(None)
            pause = INTERVAL if is_written else min(max(pause * 2, FIRST_RETRY), LAST_RETRY)
        self._anchor()
        if self._queue:
            log.error("%d audit lines were not written: %s", len(self._queue), self._error)

    async def _gather(self, pause: float) -> None:
        """Waits for the first line, or for a window's end, and then a moment for more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(None if self._repeats.is_idle else WINDOW_MS / 1000):
                await self._waiting.wait()
        self._waiting.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._hurry.wait()
        self._hurry.clear()

    async def _write(
        self, database: Database, events: list[AuditEvent], dropped: tuple[int, ...]
    ) -> bool:
        now_ms = self._clock()
        said = [*events, _dropped(now_ms, *dropped)] if any(dropped) else events
        try:
            end, head = await database.write(lambda c: self._append(c, said, now_ms))
        except LoomError as error:
            log.error("audit lines wait to be written: %s", error.message)
            self._error = _reason(error)
            self._queue.put_back(events)
            self._waiting.set()
            return False
        self._written(end, head, dropped)
        return True

    def _append(
        self, connection: sqlite3.Connection, events: list[AuditEvent], now_ms: int
    ) -> tuple[End, Mark]:
        end = store.end(connection, self.seal)
        if end.footing != "sound":
            outcome: Outcome = "failed" if end.footing == "broken" else "ok"
            kind = f"audit.{_FOOTINGS[end.footing]}"
            events = [AuditEvent(kind, now_ms, outcome), *events]
        bodies = bodies_of(events, self._redactor)
        return end, store.append(connection, end, bodies, self.seal)

    def _written(self, end: End, head: Mark, dropped: tuple[int, ...]) -> None:
        self._error = ""
        self._is_broken = self._is_broken or end.footing == "broken"
        self._head = head
        for rank, count in enumerate(dropped):
            self._queue.dropped[rank] -= count
            self._lost += count
        if time.monotonic() >= self._anchor_due:
            self._anchor()

    def _anchor(self) -> None:
        self._anchor_due = time.monotonic() + ANCHOR_INTERVAL
        if self._head is not None:
            log.info("audit chain: head %d:%s", self._head.seq, self._head.hash.hex())


_FOOTINGS: Mapping[Footing, str] = {"new": "begun", "rekeyed": "rekeyed", "broken": "broken"}


def _dropped(now_ms: int, routine: int, important: int) -> AuditEvent:
    details: dict[str, Detail] = {"routine": routine, "important": important}
    return AuditEvent("audit.dropped", now_ms, "failed", details=details)


def _reason(error: LoomError) -> str:
    return "no room left to write" if isinstance(error, StoreFull) else "cannot be written"
