"""SQL of the room that a person has on the server: how much is used, and when it is too little.

What is used is counted by the database with every write (migrations/008_stored.sql): looking costs
one row, and of writers at once none passes the limit.
"""

import sqlite3

from loom.api.sizes import told_size
from loom.api.users import Storage
from loom.server.errors import Refused
from loom.server.threads.erasing import AT_ONCE, entomb
from loom.server.threads.held import Held

_GROW = """
UPDATE threads SET size = size + (
    SELECT coalesce(sum(length(CAST(body AS BLOB)) + length(CAST(text AS BLOB))), 0)
    FROM entries WHERE id >= ?2 AND thread = ?1
) WHERE key = ?1
"""
_HASTEN = """
UPDATE taken_back SET at = 0 WHERE at > 0 AND thread IN (SELECT key FROM threads WHERE owner = ?)
"""
_DELETED = """
SELECT key, size FROM threads
WHERE owner = ? AND deleted_at IS NOT NULL AND erased_at IS NULL AND key <> ?
ORDER BY deleted_at
"""
_OF_DELETED = """
SELECT coalesce(sum(weight), 0) FROM threads
WHERE owner = ? AND change IS NOT NULL AND deleted_at IS NOT NULL AND erased_at IS NULL
"""


class NoRoom(Refused):
    """A write that would be more than the server keeps for the thread's owner.

    Attributes:
        owner: whose room it is.
        missing: bytes that are too many.
        key: the thread that is written.
    """

    def __init__(self, held: Held, used: int, limit: int) -> None:
        words = f"the server keeps {told_size(limit)} for a person; with this it is "
        hint = "Delete threads that nobody needs (loom delete), or ask an admin for more room."
        super().__init__(413, "quota_exceeded", words + told_size(used), hint)
        self.owner = held.info.owner_id
        self.missing = used - limit
        self.key = held.key


def used(connection: sqlite3.Connection, owner: str) -> int:
    """Bytes that are kept for the person."""
    row = connection.execute("SELECT size FROM stored WHERE owner = ?", (owner,)).fetchone()
    return 0 if row is None else int(row[0])


def storage(connection: sqlite3.Connection, owner: str, limit: int) -> Storage:
    """What the person is told; each of their threads is looked at."""
    (deleted,) = connection.execute(_OF_DELETED, (owner,)).fetchone()
    return Storage(used(connection, owner), deleted, limit)


def grow(connection: sqlite3.Connection, key: int, first_entry: int) -> None:
    """The thread's entries from `first_entry` on are new."""
    connection.execute(_GROW, (key, first_entry))


def require_room(connection: sqlite3.Connection, held: Held, limit: int) -> None:
    """Raises NoRoom when more than `limit` bytes are kept for the thread's owner; 0 is no limit."""
    total = used(connection, held.info.owner_id)
    if limit and total > limit:
        raise NoRoom(held, total, limit)


def hasten(connection: sqlite3.Connection, owner: str) -> None:
    """What was taken back of the person's threads is due at once."""
    connection.execute(_HASTEN, (owner,))


def entomb_oldest(connection: sqlite3.Connection, full: NoRoom, now_ms: int) -> int:
    """Tombstones for what its owner deleted first, as far as it is needed; how many.

    None where all of it would not be enough.
    """
    deleted = connection.execute(_DELETED, (full.owner, full.key)).fetchall()
    if sum(size for _, size in deleted) < full.missing:
        return 0
    freed = count = 0
    for key, size in deleted:
        if freed >= full.missing or count == AT_ONCE:
            break
        entomb(connection, key, now_ms)
        freed, count = freed + size, count + 1
    return count
