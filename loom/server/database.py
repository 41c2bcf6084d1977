"""The server's own SQLite file: migrated when opened, one writer, and always closed.

An unclosed aiosqlite connection keeps the process from ending, hence the context manager.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from loom.db import Writer, connect, migrations_in, prepare, translated
from loom.server.serving import serving

T = TypeVar("T")
MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """Three ways in, by cost: `read` in the event loop, `query` in a worker, `write` on disk.

    Every one may raise StoreError; `write` also StoreFull, and then nothing was half done.
    """

    def __init__(
        self,
        path: Path,
        writer: Writer,
        reader: sqlite3.Connection,
        worker: aiosqlite.Connection,
    ) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._worker = worker

    def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """A short indexed question, asked here and now: cheaper than a change of workers."""
        with translated(self.path):
            return question(self._reader)

    async def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Every row of a question that may take long. Raises ValueError after closing."""
        with translated(self.path):
            return [tuple(row) for row in await self._worker.execute_fetchall(sql, parameters)]

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returned, once it is on disk; it may share its transaction with others.

        What `work` raises undoes it alone and is raised here.
        """
        return await self._writer.run(work)

    async def close(self) -> None:
        """Finishes what waits to be written and lets the file go; calling it again is harmless."""
        await self._worker.close()
        self._reader.close()
        await self._writer.close()


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Database]:
    """The database at `path`, made private to its owner and up to date.

    Raises:
        StoreError: the file cannot be opened, or a newer Loom wrote it.
    """
    with serving(path):
        async with _opened(path) as database:
            yield database


@asynccontextmanager
async def _opened(path: Path) -> AsyncIterator[Database]:
    connection = await asyncio.to_thread(prepare, path, migrations_in(MIGRATIONS))
    reader = connect(path, is_read_only=True)
    worker = await aiosqlite.connect(path, isolation_level=None)
    database = Database(path, Writer(connection, path), reader, worker)
    try:
        await worker.execute("PRAGMA query_only = ON")
        yield database
    finally:
        await database.close()
