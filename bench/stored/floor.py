"""The least that saving costs without a group: one aiosqlite transaction for each message.

The same schema, pragmas, indexes and rows as Loom's; one connection, which is one writer at a time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from loom.core.history import Entry
from loom.threads.packing import pack
from loom.threads.rows import row_of

_PRAGMAS = ("foreign_keys = ON", "synchronous = FULL", "temp_store = MEMORY")


class PlainStore:
    """Appends to the threads of a database that a ThreadStore has made."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def append(self, thread_id: str, entry: Entry) -> None:
        """Once it is on disk."""
        row = row_of(entry)
        async with self._turn:
            await self._connection.execute("BEGIN IMMEDIATE")
            await self._connection.execute(
                "INSERT INTO entries (thread, seq, parent, kind, body, text, created_at)"
                " SELECT key, last_seq + 1, head, ?, ?, ?, 1 FROM threads WHERE id = ?",
                (row.kind, pack(row.body, row.text), row.text, thread_id),
            )
            await self._connection.execute(
                "UPDATE threads SET head = last_insert_rowid(), last_seq = last_seq + 1,"
                " version = version + 1, message_count = message_count + 1 WHERE id = ?",
                (thread_id,),
            )
            await self._connection.execute("COMMIT")


@asynccontextmanager
async def plain(path: Path) -> AsyncIterator[PlainStore]:
    """The store at `path` as a floor."""
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        for pragma in _PRAGMAS:
            await connection.execute(f"PRAGMA {pragma}")
        yield PlainStore(connection)
