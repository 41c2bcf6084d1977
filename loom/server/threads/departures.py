"""SQL of threads whose owner, or whose organization, is gone for good.

A thread belongs to the person who made it; an organization is where it is shown. So an
organization's threads go back to their owners, who alone see them then, and a person's are erased.
"""

import os
import sqlite3
from collections.abc import Iterable, Mapping

from loom.core import codec
from loom.server.threads import writes
from loom.server.threads.erasing import AT_ONCE, OF_THREAD, entomb
from loom.server.threads.held import SELECT, Held, held_of
from loom.server.threads.writes import Stamp

_LEFT_BEHIND = "SELECT DISTINCT {0} FROM threads WHERE {0} IN (SELECT value FROM json_each(?))"
_OF_OWNER = "SELECT key FROM threads WHERE owner = ? AND erased_at IS NULL LIMIT ?"
_EMPTY = """
SELECT key FROM threads WHERE owner = ? AND erased_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM taken_back WHERE thread = key) LIMIT ?
"""
_PRIVATE = "UPDATE threads SET org = ?, team = '', visibility = 'private' WHERE key = ?"


def owners_among(connection: sqlite3.Connection, people: Iterable[str]) -> list[str]:
    """Those of `people` who own threads. Every thread is looked at."""
    return _left_behind(connection, "owner", people)


def orgs_among(connection: sqlite3.Connection, orgs: Iterable[str]) -> list[str]:
    """Those of `orgs` that have threads. Every thread is looked at."""
    return _left_behind(connection, "org", orgs)


def erase_of(connection: sqlite3.Connection, owner: str, now_ms: int) -> int:
    """Tombstones for the person's threads, many at once but not all; 0 for none left."""
    keys = connection.execute(_OF_OWNER, (owner, AT_ONCE)).fetchall()
    for (key,) in keys:
        entomb(connection, key, now_ms)
    return len(keys)


def forget_of(connection: sqlite3.Connection, owner: str) -> int:
    """Takes away tombstones of which nothing is left: nobody has to learn of them any more.

    Many at once but not all; 0 for none left.
    """
    keys = connection.execute(_EMPTY, (owner, AT_ONCE)).fetchall()
    for table in OF_THREAD:
        connection.executemany(f"DELETE FROM {table} WHERE thread = ?", keys)  # noqa: S608  # ours
    connection.executemany("DELETE FROM threads WHERE key = ?", keys)
    if not keys:
        connection.execute("DELETE FROM attachment_owners WHERE owner = ?", (owner,))
    return len(keys)


def give_back(
    connection: sqlite3.Connection, org: str, homes: Mapping[str, str], now_ms: int
) -> int:
    """Makes threads of the organization private and their owner's own; 0 for none left.

    Args:
        homes: the owners' personal organizations.
    """
    rows = connection.execute(f"{SELECT} WHERE org = ? LIMIT ?", (org, AT_ONCE)).fetchall()
    for held in map(held_of, rows):
        _give_back(connection, held, homes.get(held.info.owner_id, ""), now_ms)
    return len(rows)


def _give_back(connection: sqlite3.Connection, held: Held, home: str, now_ms: int) -> None:
    connection.execute(_PRIVATE, (home, held.key))
    writes.unshare(connection, held)
    if not held.info.is_deleted:
        writes.counted(connection, held, Stamp(now_ms, os.urandom(8).hex()))


def _left_behind(connection: sqlite3.Connection, column: str, ids: Iterable[str]) -> list[str]:
    asked = codec.encode(list(ids)).decode()
    return [found for (found,) in connection.execute(_LEFT_BEHIND.format(column), (asked,))]
