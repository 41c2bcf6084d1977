"""What the server would not take, and when it is asked again."""

import sqlite3
from collections.abc import Callable

from loom.core.errors import NoRoom, SyncError
from loom.threads.store import ThreadStore
from loom.threads.sync import state

PAUSE = 3_600_000
"""Milliseconds after which a server that had no room is asked again."""

_REFUSE = """
INSERT INTO sync_refusals (thread, version, message, hint, full_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (thread) DO UPDATE SET version = excluded.version, message = excluded.message,
    hint = excluded.hint, full_at = excluded.full_at
"""
# One that has been sent since is none any more.
_FULL = """
SELECT 1 FROM sync_refusals JOIN threads ON threads.key = thread
WHERE full_at IS NOT NULL AND threads.version <> threads.synced_version LIMIT 1
"""


class Refusals:
    """Notes refusals for one account; `clock` gives Unix ms."""

    def __init__(self, store: ThreadStore, account: str, clock: Callable[[], int]) -> None:
        self._store = store
        self._account = account
        self._clock = clock

    async def note(self, thread_id: str, error: SyncError) -> bool:
        """Keeps the thread's version back; whether that it has no room is news, to be told."""
        at = self._clock() if isinstance(error, NoRoom) else None
        return await self._store.writer.run(
            lambda c: _noted(c, state.local(c, self._account, thread_id), error, at)
        )

    async def try_full_again(self, pause: int = 0) -> None:
        """What the server had no room for, and was refused `pause` ms ago or before, waits again.

        That it had none stays known, so that the person is not told once more.
        """
        before = self._clock() - pause
        query = "SELECT 1 FROM sync_refusals WHERE full_at <= ? AND version >= 0 LIMIT 1"
        if self._store.read(lambda c: c.execute(query, (before,)).fetchone()):
            again = "UPDATE sync_refusals SET version = -1 WHERE full_at <= ?"
            await self._store.writer.run(lambda c: c.execute(again, (before,)))


def try_again(connection: sqlite3.Connection) -> None:
    """Whatever the server refused waits once more."""
    connection.execute("DELETE FROM sync_refusals")


def _noted(
    connection: sqlite3.Connection, here: state.Local | None, error: SyncError, full_at: int | None
) -> bool:
    if here is None:
        return False
    is_news = full_at is not None and connection.execute(_FULL).fetchone() is None
    values = (here.key, here.thread.version, error.message, error.hint, full_at)
    connection.execute(_REFUSE, values)
    if full_at is not None and is_news:
        state.tell(connection, full_at, "full", here.thread.id)
    return is_news
