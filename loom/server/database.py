"""The server's own SQLite file: opened, migrated, and always closed.

An unclosed aiosqlite connection keeps the process from ending, hence the context manager.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from loom.db import migrations_in, prepare

MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """A connection to the database at `path`, made private to its owner and up to date.

    Raises:
        StoreError: the file cannot be opened, or a newer Loom wrote it.
    """
    await asyncio.to_thread(_migrate, path)
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        yield connection


def _migrate(path: Path) -> None:
    prepare(path, migrations_in(MIGRATIONS)).close()
