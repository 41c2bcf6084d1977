"""Usage on its way to disk: collected in memory, written about once a second in one transaction.

A process that is killed loses what it had collected since then.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from loom.core.errors import LoomError
from loom.server.database import Database
from loom.server.spending import usage
from loom.server.spending.usage import UsageRecord

log = logging.getLogger("loom.server")

T = TypeVar("T")
DELAY = 1.0
"""Seconds that a record waits for others."""

MAX_WAITING = 100_000
"""Records that are held while the disk refuses; then the oldest are given up."""


class UsageLog:
    """Takes records without making anybody wait.

    Attributes:
        waiting: what is not on disk.
        lost: records that were given up since the disk refused them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self.waiting: list[UsageRecord] = []
        self.lost = 0

    def add(self, record: UsageRecord) -> None:
        """Notes a request."""
        self.waiting.append(record)
        if len(self.waiting) == 1:
            self._wake.set()

    async def run(self, before: int = 0) -> None:
        """Writes for ever; the one who runs it cancels it and then calls `flush`.

        Args:
            before: older requests are forgotten, once the first new one is written.
        """
        while True:
            await self._wake.wait()
            await asyncio.sleep(DELAY)
            self._wake.clear()
            await self.flush()
            if self.waiting:
                self._wake.set()
            elif before:
                await self._forget_once(before)
                before = 0

    async def flush(self) -> None:
        """Writes what waits; what the disk refuses goes on waiting."""
        if self.waiting or self._writing.locked():
            await self.settled(lambda connection: None, lambda nothing, waiting: None)

    async def settled(
        self,
        read: Callable[[sqlite3.Connection], T],
        then: Callable[[T, Sequence[UsageRecord]], None],
    ) -> None:
        """Writes what waits, reads with all of it on disk, and hands over in the same instant.

        Args:
            then: given what was read and the records that came meanwhile and are not in it.
        """
        async with self._writing:
            batch, self.waiting = self.waiting, []

            def work(connection: sqlite3.Connection) -> T:
                usage.add(connection, batch)
                return read(connection)

            try:
                # Shielded: of a write that is cancelled nobody knows whether it was done.
                result = await asyncio.shield(asyncio.create_task(self._database.write(work)))
            except LoomError as error:
                self.waiting = self._kept(batch + self.waiting)
                log.error("usage is not written: %s", error)
                return
            then(result, self.waiting)

    async def forget(self, before: int) -> int:
        """Forgets requests from before a time, in Unix milliseconds; how many. Raises StoreError.

        In steps, between which requests that end now are written down.
        """
        count = 0
        while gone := await self._database.write(lambda c: usage.forget(c, before)):
            count += gone
        return count

    async def _forget_once(self, before: int) -> None:
        try:
            await self.forget(before)
        except LoomError as error:
            log.error("old usage is not forgotten: %s", error)

    def _kept(self, records: list[UsageRecord]) -> list[UsageRecord]:
        surplus = max(0, len(records) - MAX_WAITING)
        self.lost += surplus
        return records[surplus:]
