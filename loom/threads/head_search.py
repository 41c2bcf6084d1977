"""Threads by their head line: its words, any part of a word in it, or how a commit begins."""

import re
import sqlite3
import sys
from collections.abc import Iterable, Sequence

from loom.core.messages import Thread
from loom.threads import heads, reading
from loom.threads.filters import Where
from loom.threads.words import expression_of, head_words, signs_of, trigrams, words_of

NEWEST = 100
"""Threads, the last begun, among which those with the last activity are chosen."""

AT_ONCE = 2_000
"""Threads, the last begun, that are looked through for parts of words before texts are."""

LOOKED_AT = 300
"""Threads with the last activity that are read for words too short for the index of parts."""

_COMMIT = re.compile(r"[0-9a-fA-F]{7,40}")

# CROSS JOIN keeps SQLite's planner from starting anywhere but at the index.
_BY_WORDS = """
SELECT threads_words.rowid FROM threads_words
    CROSS JOIN threads ON threads.key = threads_words.rowid
WHERE threads_words MATCH ? AND deleted_at IS NULL AND {holds}
ORDER BY threads_words.rowid DESC LIMIT ?
"""

_BY_PARTS = """
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


class HeadSearch:
    """Threads with every word of `query` somewhere in title, branch, remote, commit or tags.

    Each question gives at most `limit`, last activity first, chosen among the newest that match.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        query: str,
        limit: int,
        workspace: str | None,
        within: Where,
    ) -> None:
        self._connection = connection
        self._query = query
        self._words = head_words(query)
        self._limit = limit
        self._workspace = workspace
        self._within = within

    def by_words(self) -> tuple[Thread, ...]:
        """Whole words, however old; any part of a word within a workspace, which has few threads.

        Commits are no words.
        """
        if self._workspace is None:
            return self._worded()
        within, searched = self._within, " ".join(self._words)
        return reading.threads(
            self._connection, self._workspace, self._limit, False, searched, within=within
        )

    def by_beginnings(self) -> tuple[Thread, ...]:
        """Beginnings of words; costs what there is of them."""
        return self._worded(is_prefix=True) if self._workspace is None else ()

    def by_recent_parts(self) -> tuple[Thread, ...]:
        """Any part of a word, in what was begun last."""
        if self._workspace is not None:
            return ()
        if trigrams(self._words):
            return self._indexed(self._boundary(), sys.maxsize)
        holds = self._holds(self._words)
        return self._chosen(_RECENT.format(holds=holds.sql), (LOOKED_AT, *holds.parameters))

    def by_old_parts(self) -> tuple[Thread, ...]:
        """Any part of a word, in what `by_recent_parts` leaves out."""
        boundary = self._boundary()
        if self._workspace is not None or boundary <= 0 or not trigrams(self._words):
            return ()
        return self._indexed(0, boundary)

    def _worded(self, *, is_prefix: bool = False) -> tuple[Thread, ...]:
        words = words_of(self._query)
        if not words:
            return ()
        holds = self._holds(signs_of(self._query))
        wanted = expression_of(words, is_prefix=is_prefix)
        return self._chosen(_BY_WORDS.format(holds=holds.sql), (wanted, *holds.parameters, NEWEST))

    def _boundary(self) -> int:
        query = "SELECT coalesce(max(key), 0) FROM threads"
        (last,) = self._connection.execute(query).fetchone()
        return int(last) - AT_ONCE

    def _indexed(self, after: int, upto: int) -> tuple[Thread, ...]:
        holds = self._holds(self._words)
        parameters = (trigrams(self._words), after, upto, *holds.parameters, NEWEST)
        return self._chosen(_BY_PARTS.format(holds=holds.sql), parameters)

    def _chosen(self, keys: str, parameters: Sequence[object]) -> tuple[Thread, ...]:
        return heads.columns_of(
            self._connection.execute(
                f"{heads.SELECT} WHERE key IN ({keys}) ORDER BY updated_at DESC, key DESC LIMIT ?",
                (*parameters, self._limit),
            )
        )

    def _holds(self, words: Iterable[str]) -> Where:
        within = self._within
        for word in words:
            within = within.and_(reading.HOLDS, word)
        return within


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
