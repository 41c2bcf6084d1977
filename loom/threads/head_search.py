"""Threads by their head line: any part of a word in it, or how a commit begins."""

import re
import sqlite3
from collections.abc import Iterable, Sequence

from loom.core.messages import Thread
from loom.threads import heads, reading

NEWEST = 300
"""Threads, the last begun, among which those with the last activity are chosen."""

LOOKED_AT = 1_000
"""Threads with the last activity that are read for words too short for the index."""

_COMMIT = re.compile(r"[0-9a-fA-F]{7,40}")
_PARTS = 8

_INDEXED = """
SELECT threads_text.rowid FROM threads_text
    CROSS JOIN threads ON threads.key = threads_text.rowid
WHERE threads_text MATCH ? AND deleted_at IS NULL AND {holds}
ORDER BY threads_text.rowid DESC LIMIT ?
"""

_RECENT = """
SELECT key FROM (
    SELECT * FROM threads WHERE deleted_at IS NULL ORDER BY updated_at DESC, key DESC LIMIT ?
) AS threads WHERE {holds}
"""


def by_words(
    connection: sqlite3.Connection, words: Sequence[str], limit: int, workspace: str | None
) -> tuple[Thread, ...]:
    """Threads with every word somewhere in title, branch, remote, commit or tags.

    Last activity first: within a workspace of all its threads, else among the newest that match.
    """
    if workspace is not None:
        return reading.threads(connection, workspace, limit, False, " ".join(words))
    holds = " AND ".join([reading.HOLDS] * len(words)) or "1"
    wanted = trigrams(words)
    keys, parameters = (
        (_INDEXED.format(holds=holds), (wanted, *words, NEWEST))
        if wanted
        else (_RECENT.format(holds=holds), (LOOKED_AT, *words))
    )
    return heads.columns_of(
        connection.execute(
            f"{heads.SELECT} WHERE key IN ({keys}) ORDER BY updated_at DESC, key DESC LIMIT ?",
            (*parameters, limit),
        )
    )


def trigrams(words: Iterable[str]) -> str:
    """An FTS5 query for three letters each of all `words`; empty when they are shorter.

    It finds too much, never too little: whoever asks compares the words themselves.
    """
    parts = [
        word[start : start + 3] for word in words for start in range(0, len(word) - 2, 3)[:_PARTS]
    ]
    return " AND ".join('"' + part.replace('"', '""') + '"' for part in parts)


def by_commit(
    connection: sqlite3.Connection, query: str, limit: int, workspace: str | None
) -> tuple[Thread, ...]:
    """Threads whose commit begins with `query`, if that is seven to forty hex digits."""
    if not _COMMIT.fullmatch(query):
        return ()
    start = query.lower()
    cursor = connection.execute(
        f"{heads.SELECT} WHERE git_commit <> '' AND git_commit >= :start AND git_commit < :end"
        " AND deleted_at IS NULL AND (:workspace IS NULL OR workspace = :workspace)"
        " ORDER BY updated_at DESC LIMIT :limit",
        {"start": start, "end": start + "g", "workspace": workspace, "limit": limit},
    )
    return heads.columns_of(cursor)
