"""Connections for workers that read: opening one costs more than a small search."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loom.db.connection import connect

IDLE = 2
CACHE = 8 * 1024 * 1024
"""Bytes of pages that a connection may keep: the texts that a search reads lie far apart."""


class Readers:
    """Read-only connections to one database, each used by one worker at a time.

    An idle connection holds no lock and no old state: its next question sees every commit.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._is_closed = False
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for the block. Raises StoreError when the file cannot be opened."""
        connection = self._taken() or self._opened()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    def close(self) -> None:
        """Close what is idle now; what is in use is closed by who uses it."""
        with self._lock:
            self._is_closed = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def _taken(self) -> sqlite3.Connection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _opened(self) -> sqlite3.Connection:
        connection = connect(self._path, is_read_only=True)
        connection.execute(f"PRAGMA cache_size = {-CACHE // 1024}")
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if self._is_closed or len(self._idle) == IDLE:
                connection.close()
            else:
                self._idle.append(connection)
