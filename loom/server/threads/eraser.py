"""Erases for good, in steps between which everybody else reads and writes."""

import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from loom.server.threads import departures, erasing, quota
from loom.server.threads.erasing import Swept
from loom.server.threads.quota import NoRoom
from loom.threads.store import ThreadStore

T = TypeVar("T")


class Eraser:
    """Works on one store; cut off anywhere, it goes on with the next call."""

    def __init__(self, store: ThreadStore) -> None:
        self._store = store

    async def deleted(self, before: int, now_ms: int) -> int:
        """Makes tombstones of threads that were deleted until `before`; how many."""
        count = 0
        work = partial(erasing.erase_deleted, before=before, now_ms=now_ms)
        while gone := await self._store.writer.run(work):
            count += gone
        return count

    async def people(self, owners: Iterable[str], now_ms: int) -> int:
        """Erases all that these people own, and takes the tombstones away; how many threads."""
        count = 0
        for owner in owners:
            entomb = partial(departures.erase_of, owner=owner, now_ms=now_ms)
            while gone := await self._store.writer.run(entomb):
                count += gone
            await self.swept(0)
            while await self._store.writer.run(partial(departures.forget_of, owner=owner)):
                pass
        return count

    async def with_room(
        self, write: Callable[[sqlite3.Connection], T], now_ms: int, tell: Callable[[int], object]
    ) -> T:
        """What `write` returned. Where there is no room for it, what its owner deleted goes early.

        Args:
            tell: takes how many deleted threads went.

        Raises:
            NoRoom: there is none all the same.
        """
        while True:
            try:
                return await self._store.writer.run(write)
            except NoRoom as full:
                if not await self._made_room(full, now_ms, tell):
                    raise

    async def _made_room(self, full: NoRoom, now_ms: int, tell: Callable[[int], object]) -> bool:
        await self._store.writer.run(partial(quota.hasten, owner=full.owner))
        if (await self.swept(0)).size:
            return True
        entomb = partial(quota.entomb_oldest, full=full, now_ms=now_ms)
        if count := await self._store.writer.run(entomb):
            tell(count)
        return (await self.swept(0)).size > 0

    async def swept(self, before: int) -> Swept:
        """Erases what was taken back until `before`, and all of tombstones; how much."""
        entries = size = 0
        work = partial(erasing.sweep, before=before)
        while gone := await self._store.writer.run_bare(work):
            entries, size = entries + gone.entries, size + gone.size
        return Swept(entries, size)

    async def forget_words(self) -> None:
        """Takes the words of what was erased out of the indexes. Costs the indexes' size."""
        for table in self._store.read(erasing.indexes):
            has_more, is_first = True, True
            while has_more:
                work = partial(erasing.merge, table=table, is_first=is_first)
                has_more, is_first = await self._store.writer.run(work), False
