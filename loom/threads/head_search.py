"""Threads by their head line: any part of a word in it, or how a commit begins."""

import re
import sqlite3
import sys
from collections.abc import Iterable, Sequence

from loom.core.messages import Thread
from loom.threads import heads, reading
from loom.threads.filters import Where

NEWEST = 100
"""Threads, the last begun, among which those with the last activity are chosen."""

AT_ONCE = 20_000
"""Threads, the last begun, that are looked through before texts are; the others afterwards."""

LOOKED_AT = 300
"""Threads with the last activity that are read for words too short for the index."""

_COMMIT = re.compile(r"[0-9a-fA-F]{7,40}")

_INDEXED = """
SELECT threads_text.rowid FROM threads_text
    CROSS JOIN threads ON threads.key = threads_text.rowid
WHERE threads_text MATCH ? AND threads_text.rowid > ? AND threads_text.rowid <= ?
    AND deleted_at IS NULL AND {holds}
ORDER BY threads_text.rowid DESC LIMIT ?
"""

_RECENT = """
SELECT key FROM (
    SELECT * FROM threads WHERE deleted_at IS NULL ORDER BY updated_at DESC, key DESC LIMIT ?
) AS threads WHERE {holds}
"""


def by_words(
    connection: sqlite3.Connection,
    words: Sequence[str],
    limit: int,
    workspace: str | None,
    within: Where,
) -> tuple[Thread, ...]:
    """Threads with every word somewhere in title, branch, remote, commit or tags.

    Last activity first: within a workspace of all its threads, else among the newest that match
    and were not begun long ago.
    """
    if workspace is not None:
        searched = " ".join(words)
        return reading.threads(connection, workspace, limit, False, searched, within=within)
    if trigrams(words):
        return _indexed(connection, words, limit, (_boundary(connection), sys.maxsize), within)
    holds = _holds(words, within)
    return _chosen(
        connection, _RECENT.format(holds=holds.sql), (LOOKED_AT, *holds.parameters), limit
    )


def by_words_of_old(
    connection: sqlite3.Connection, words: Sequence[str], limit: int, within: Where
) -> tuple[Thread, ...]:
    """What `by_words` left out of all workspaces because it was begun long ago."""
    boundary = _boundary(connection)
    if boundary <= 0 or not trigrams(words):
        return ()
    return _indexed(connection, words, limit, (0, boundary), within)


def _boundary(connection: sqlite3.Connection) -> int:
    (last,) = connection.execute("SELECT coalesce(max(key), 0) FROM threads").fetchone()
    return int(last) - AT_ONCE


def _indexed(
    connection: sqlite3.Connection,
    words: Sequence[str],
    limit: int,
    keys: tuple[int, int],
    within: Where,
) -> tuple[Thread, ...]:
    holds = _holds(words, within)
    parameters = (trigrams(words), *keys, *holds.parameters, NEWEST)
    return _chosen(connection, _INDEXED.format(holds=holds.sql), parameters, limit)


def _chosen(
    connection: sqlite3.Connection, keys: str, parameters: Sequence[object], limit: int
) -> tuple[Thread, ...]:
    return heads.columns_of(
        connection.execute(
            f"{heads.SELECT} WHERE key IN ({keys}) ORDER BY updated_at DESC, key DESC LIMIT ?",
            (*parameters, limit),
        )
    )


def _holds(words: Sequence[str], within: Where) -> Where:
    for word in words:
        within = within.and_(reading.HOLDS, word)
    return within


def trigrams(words: Iterable[str]) -> str:
    """An FTS5 query for the beginning, middle and end of `words`; empty when they are shorter.

    It finds too much, never too little: whoever asks compares the words themselves.
    """
    parts = [
        word[at : at + 3]
        for word in words
        if (last := len(word) - 3) >= 0
        for at in sorted({0, last // 2, last})
    ]
    return " AND ".join('"' + part.replace('"', '""') + '"' for part in parts)


def by_commit(
    connection: sqlite3.Connection, query: str, limit: int, workspace: str | None, within: Where
) -> tuple[Thread, ...]:
    """Threads whose commit begins with `query`, if that is seven to forty hex digits."""
    if not _COMMIT.fullmatch(query):
        return ()
    start = query.lower()
    condition, values = within.named()
    cursor = connection.execute(
        f"{heads.SELECT} WHERE git_commit <> '' AND git_commit >= :start AND git_commit < :end"
        " AND deleted_at IS NULL AND (:workspace IS NULL OR workspace = :workspace)"
        f" AND {condition} ORDER BY updated_at DESC LIMIT :limit",
        {"start": start, "end": start + "g", "workspace": workspace, "limit": limit, **values},
    )
    return heads.columns_of(cursor)
