"""From the words a person typed to threads, by relevance within the newest few hundred rows.

Ranking every hit costs as much as there are hits; newest first stops at the limit. So the index is
read newest first, and only what it gave is scored, here.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from loom.core.messages import Thread
from loom.threads import head_search, reading
from loom.threads.excerpts import Excerpts, Marks
from loom.threads.filters import EVERYWHERE, Where
from loom.threads.head_search import HeadSearch
from loom.threads.words import expression_of, head_words, words_of

# Of each thread so many rows, of all threads so many, and so many hits looked at to find them.
ROWS_EACH, ROWS, HITS = 8, 200, 5_000
RECENT = 1_000
"""Texts in which beginnings are looked for before the index gathers all of them."""
SCORED = 500
"""Bytes at the beginning of a text, which its score is made of; SQLite is slow at characters."""
SHORT = 6
"""Letters; of shorter words the beginnings can be most of all texts."""

# CROSS JOIN keeps SQLite's planner from starting anywhere but at the index.
_MATCHING = """
SELECT entries.id, entries.thread, substr(CAST(entries.text AS BLOB), 1, :scored)
FROM entries_text CROSS JOIN entries ON entries.id = entries_text.rowid {joined}
WHERE entries_text MATCH :wanted AND {holds}
ORDER BY entries_text.rowid DESC LIMIT :hits
"""

_CONTAINING = """
SELECT entries.id, entries.thread, substr(CAST(entries.text AS BLOB), 1, :scored)
FROM (SELECT id, thread, text FROM entries ORDER BY id DESC LIMIT :hits) AS entries {joined}
WHERE instr(lower(entries.text), lower(:wanted)) AND {holds}
"""

_JOINED = "CROSS JOIN threads ON threads.key = entries.thread"

# Without a condition on threads their rows are not read: they lie far apart.
_LIVING = """NOT EXISTS (
    SELECT 1 FROM threads AS deleted INDEXED BY threads_deleted
    WHERE deleted.key = entries.thread AND deleted.deleted_at IS NOT NULL)"""

_TEXTS = "SELECT id, text FROM entries WHERE id IN"


class Hit(Struct, frozen=True, omit_defaults=True):
    """A thread that was found, by its best entry.

    `snippet` is one line; `marks` are the (start, end) of the words in it. `entry` is the row's
    id, 0 when the head line (title, branch, commit, tags) is what matched.
    """

    thread: Thread
    snippet: str = ""
    marks: Marks = ()
    score: float = 0.0
    entry: int = 0


_Row = tuple[int, int, bytes]
"""An entry's id, its thread's key, and how its text begins; a last letter may be cut."""


class _Found(NamedTuple):
    score: float
    entry: int
    thread: int


def search(
    connection: sqlite3.Connection,
    query: str,
    limit: int,
    workspace: str | None,
    within: Where = EVERYWHERE,
) -> tuple[Hit, ...]:
    """At most one hit a thread. Any string is answered; an empty one finds nothing.

    Seven to forty hex digits are tried as the beginning of a commit first. Threads that are not
    `within` are as if they were not there.
    """
    query = _clean(query)
    by_commit = _commits(connection, query, limit, workspace, within)
    if by_commit or not query:
        return by_commit
    heads = HeadSearch(connection, query, limit, workspace, within)
    found: tuple[Hit, ...] = ()
    for hits in _steps(heads, _Rows(connection, limit, workspace, within), query):
        found = _with(found, hits)
        if len(found) >= limit:
            return found[:limit]
    return found or _headed(query, heads.by_old_parts())


def _steps(heads: HeadSearch, rows: "_Rows", query: str) -> Iterator[tuple[Hit, ...]]:
    """The hits of each kind, the best kind first; a kind costs nothing before it is asked for."""
    yield _headed(query, heads.by_words())
    yield rows.by_words(query)
    yield _headed(query, heads.by_recent_parts())
    yield rows.by_parts(query)
    yield _headed(query, heads.by_beginnings())


def _clean(query: str) -> str:
    return query.encode("utf-8", "replace").decode().replace("\0", " ").strip()


class _Rows:
    """Hits in the newest rows that hold what is looked for, each thread's best row, best first."""

    def __init__(
        self, connection: sqlite3.Connection, limit: int, workspace: str | None, within: Where
    ) -> None:
        self._connection = connection
        self._limit = limit
        if workspace is not None:
            within = within.and_("threads.workspace = ?", workspace)
        is_narrow = within != EVERYWHERE
        self._joined = _JOINED if is_narrow else ""
        self._holds = within.and_("threads.deleted_at IS NULL") if is_narrow else Where(_LIVING)

    def by_words(self, query: str) -> tuple[Hit, ...]:
        """By whole words."""
        words = words_of(query)
        rows = self._matching(expression_of(words)) if words else []
        return self._hits(query, rows)

    def by_parts(self, query: str) -> tuple[Hit, ...]:
        """By beginnings of words, or where no text has any, by any part of a text."""
        words = words_of(query)
        rows = self._beginnings(words) if words else []
        return self._hits(query, rows or _spread(self._ask(_CONTAINING, query)))

    def _hits(self, query: str, rows: Iterable[_Row]) -> tuple[Hit, ...]:
        words = words_of(query)
        best = _best(rows, words)[: self._limit]
        threads = reading.threads_by_key(self._connection, [found.thread for found in best])
        texts = self._texts([found.entry for found in best])
        line = Excerpts(words or (query,)).of
        return tuple(
            Hit(threads[thread], *line(texts[entry]), round(score, 4), entry)
            for score, entry, thread in best
        )

    def _texts(self, entries: Sequence[int]) -> dict[int, str]:
        marks = ", ".join("?" * len(entries))
        return dict(self._connection.execute(f"{_TEXTS} ({marks})", entries).fetchall())

    def _matching(self, expression: str) -> list[_Row]:
        return _spread(self._ask(_MATCHING, expression))

    def _beginnings(self, words: Sequence[str]) -> list[_Row]:
        recent = self._recent_beginnings(words)
        if len({thread for _, thread, _ in recent}) >= self._limit:
            return recent
        return recent + self._matching(expression_of(words, is_prefix=True))

    def _recent_beginnings(self, words: Sequence[str]) -> list[_Row]:
        """What begins with a short word can be most of all texts, and those are near at hand."""
        longest = max(words, key=len)
        if len(longest) >= SHORT:
            return []
        patterns = [re.compile(rf"(?<![^\W_]){re.escape(word)}", re.IGNORECASE) for word in words]
        return _spread(
            row
            for row in self._ask(_CONTAINING, longest, RECENT)
            if all(one.search(row[2].decode("utf-8", "ignore")) for one in patterns)
        )

    def _ask(self, statement: str, wanted: str, hits: int = HITS) -> sqlite3.Cursor:
        holds, values = self._holds.named()
        return self._connection.execute(
            statement.format(joined=self._joined, holds=holds),
            {"wanted": wanted, "hits": hits, "scored": SCORED, **values},
        )


def _spread(hits: Iterable[_Row]) -> list[_Row]:
    """The newest rows, few of each thread, so that one long thread does not fill the answer."""
    rows: list[_Row] = []
    counts: dict[int, int] = {}
    for row in hits:
        thread = row[1]
        count = counts.get(thread, 0)
        if count < ROWS_EACH:
            counts[thread] = count + 1
            rows.append(row)
            if len(rows) == ROWS:
                break
    return rows


def _best(rows: Iterable[_Row], words: Sequence[str]) -> list[_Found]:
    """The best row of each thread; best first, newer first among equals."""
    lowered = [word.lower().encode() for word in words]
    # Bytes know the lower case of ASCII alone, and take half the time.
    lower = bytes.lower if all(map(str.isascii, words)) else _lower
    best: dict[int, tuple[float, int, int]] = {}
    for entry, thread, start in rows:
        score = _score(lower(start), lowered)
        known = best.get(thread)
        if known is None or score > known[0]:
            best[thread] = (score, entry, thread)
    return [*map(_Found._make, sorted(best.values(), reverse=True))]


def _lower(text: bytes) -> bytes:
    return text.decode("utf-8", "ignore").lower().encode()


def _score(text: bytes, words: Sequence[bytes]) -> float:
    """How much of `text` is about `words`: each one's occurrences, saturating, against length."""
    patience = 0.5 + len(text) / 2_000
    score = 0.0
    for word in words:
        count = text.count(word) or 1
        score += count / (count + patience)
    return score + (len(words) > 1 and b" ".join(words) in text)


def _with(found: tuple[Hit, ...], more: Iterable[Hit]) -> tuple[Hit, ...]:
    known = {hit.thread.id for hit in found}
    return (*found, *(hit for hit in more if hit.thread.id not in known))


def _headed(query: str, threads: Iterable[Thread]) -> tuple[Hit, ...]:
    words = head_words(query)
    line, score = Excerpts(words).of, 2.0 * len(words)
    return tuple(Hit(thread, *line(thread.title), score) for thread in threads)


def _commits(
    connection: sqlite3.Connection, query: str, limit: int, workspace: str | None, within: Where
) -> tuple[Hit, ...]:
    return tuple(
        Hit(thread, f"commit {thread.git_commit}", ((7, 7 + len(query)),))
        for thread in head_search.by_commit(connection, query, limit, workspace, within)
    )
