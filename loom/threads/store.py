"""ThreadStore: the only door to the conversations on disk."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from msgspec.structs import replace

from loom.core import ids
from loom.core.history import Entry
from loom.core.messages import Thread
from loom.db import (
    Readers,
    Told,
    Writer,
    connect,
    migrations_in,
    prepare,
    translated,
    untold,
)
from loom.threads import heads, reading, writing
from loom.threads.filters import EVERY, Filter
from loom.threads.lease import Holder, Lease, take_aside
from loom.threads.search import Hit, search

T = TypeVar("T")
MIGRATIONS = Path(__file__).parent / "migrations"


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


class ThreadStore:
    """The threads of one database; several processes may each have a store on the same file.

    Everything that changes something returns once it is on disk. Short indexed reads are done in
    the event loop, where they cost less than a change of workers; long ones in a worker.

    Every method may raise StoreError when the database cannot be read, and those that write
    StoreFull when there is no room; nothing is ever half written.
    """

    def __init__(
        self,
        path: Path,
        writer: Writer,
        reader: sqlite3.Connection,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.path = path
        self.writer = writer
        self._reader = reader
        self._readers = Readers(path)
        self._clock = clock

    @classmethod
    def open(cls, path: Path | str, clock: Callable[[], int] = now_ms, told: Told = untold) -> Self:
        """The store at `path`, made or migrated where needed; `clock` gives Unix ms.

        `told` hears how far an older Loom's store is on its way, which may take minutes.

        Raises:
            NewerStore: written by a newer Loom.
            StoreError: the file cannot be opened or is not ours.
        """
        path = Path(path)
        connection = prepare(path, migrations_in(MIGRATIONS), told)
        return cls(path, Writer(connection, path), connect(path, is_read_only=True), clock)

    async def close(self) -> None:
        """Finish what waits to be written and let the file go."""
        self._reader.close()
        self._readers.close()
        await self.writer.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def create(self, thread: Thread, entries: Sequence[Entry] = ()) -> Thread:
        """A new thread with its first entries, all or nothing; it is returned as stored.

        The id and the times are made where empty; version and message count start afresh.

        Raises:
            StoreError: the id is taken or is not one.
        """
        now = self._clock()
        new = heads.checked(
            replace(
                thread,
                id=thread.id or self._new_id(),
                created_at=thread.created_at or now,
                updated_at=thread.updated_at or now,
                version=1,
                message_count=0,
            )
        )
        first = writing.addition_of(entries, new.updated_at)
        return await self.writer.run(lambda connection: writing.create(connection, new, first))

    async def thread(self, thread_id: str) -> Thread | None:
        """The thread with exactly this id, deleted or not; None when there is none."""
        return self.read(lambda connection: reading.thread(connection, thread_id))

    async def find(self, prefix: str) -> Thread:
        """The thread whose id is or begins with `prefix` (`T-` may be left out).

        Raises:
            ThreadNotFound: none, or several; the hint lists candidates.
        """
        return self.read(lambda connection: reading.find(connection, prefix))

    async def list(
        self,
        workspace: str | None = None,
        limit: int = 50,
        include_deleted: bool = False,
        search: str | None = None,
        wanted: Filter = EVERY,
    ) -> tuple[Thread, ...]:
        """Head lines, last activity first; `search` looks in them only, as a filter of the list."""
        return self.read(
            lambda connection: reading.threads(
                connection, workspace, limit, include_deleted, search, wanted
            )
        )

    async def update(self, thread_id: str, **changes: Any) -> Thread:
        """Change fields of the head line; the place in the list stays. Raises ThreadNotFound."""
        checked = heads.checked_changes(changes)
        return await self.writer.run(
            lambda connection: writing.update(connection, thread_id, checked)
        )

    async def delete(self, thread_id: str) -> None:
        """Hide the thread; its rows stay. Raises ThreadNotFound."""
        at = self._clock()
        await self.writer.run(lambda connection: writing.mark_deleted(connection, thread_id, at))

    async def restore(self, thread_id: str) -> None:
        """Undo `delete`. Raises ThreadNotFound."""
        await self.writer.run(lambda connection: writing.mark_deleted(connection, thread_id, None))

    async def append(self, thread_id: str, *entries: Entry) -> tuple[int, ...]:
        """Add entries after the head, all or none; their ids, once they are on disk.

        Raises:
            ThreadNotFound: no such thread.
            StoreFull: no room.
        """
        new = writing.addition_of(entries, self._clock())
        return await self.writer.run(lambda connection: writing.append(connection, thread_id, new))

    async def entries(self, thread_id: str) -> tuple[Entry, ...]:
        """The visible conversation's entries, oldest first; a damaged row is an UnknownEntry.

        Raises:
            ThreadNotFound: no such thread.
        """
        return await self.read_apart(lambda connection: reading.entries(connection, thread_id))

    async def fork(self, thread_id: str, upto: int | None = None) -> Thread:
        """A new thread that shares the conversation up to entry `upto`, or all of it.

        Raises:
            ThreadNotFound: no such thread.
            StoreError: the entry is not in its visible conversation.
        """
        new_id, now = self._new_id(), self._clock()
        return await self.writer.run(
            lambda connection: writing.fork(connection, thread_id, upto, new_id, now)
        )

    async def search(
        self, query: str, limit: int = 20, workspace: str | None = None
    ) -> tuple[Hit, ...]:
        """Threads that hold every word of `query`, best first; any string is answered."""
        return await self.read_apart(lambda connection: search(connection, query, limit, workspace))

    @property
    def leases(self) -> Path:
        """The folder of the lock files that say which process writes which thread."""
        return self.path.parent / "leases"

    async def lease(self, thread_id: str, holder: Holder) -> Lease:
        """The right to write a live thread for `holder`, or who has it (`is_ours` tells).

        Freed by `release`, or by the kernel when the process ends.

        Raises:
            ThreadNotFound: no such thread.
        """
        if await self.thread(thread_id) is None:
            raise reading.missing(thread_id)
        return await take_aside(self.leases / f"{thread_id}.lock", holder)

    def _new_id(self) -> str:
        return ids.thread_id(self._clock(), os.urandom(10))

    def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """A short indexed question, asked here and now."""
        with translated(self.path):
            return question(self._reader)

    async def read_apart(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """`question` asked by a worker on a connection that nobody else uses meanwhile."""

        def ask() -> T:
            with translated(self.path), self._readers.one() as own:
                return question(own)

        return await asyncio.to_thread(ask)
