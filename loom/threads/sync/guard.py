"""What must not leave this machine, asked of the database itself and of nobody in between."""

import sqlite3
from pathlib import Path

from loom.core.errors import PrivateThread
from loom.db import connect, translated


class PrivateGuard:
    """Refuses private threads, with a connection of its own; calling it is one indexed read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection = connect(path, is_read_only=True)

    def __call__(self, thread_id: str) -> None:
        """Raises PrivateThread unless the thread is there and is not private, now."""
        with translated(self._path):
            row = self._connection.execute(
                "SELECT is_private FROM threads WHERE id = ?", (thread_id,)
            ).fetchone()
        if row is None or row[0] != 0:
            raise PrivateThread(f"{thread_id} is private: it does not leave this machine")

    def close(self) -> None:
        """Lets the file go."""
        self._connection.close()
