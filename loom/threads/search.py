"""From the words a person typed to threads, by relevance within the newest few hundred rows.

Ranking every hit costs as much as there are hits; newest first stops at the limit. So the index is
read newest first, and only what it gave is scored, here.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct

from loom.core.messages import Thread
from loom.threads import head_search, reading
from loom.threads.filters import EVERYWHERE, Where

# Of each thread so many rows, of all threads so many, and so many hits looked at to find them.
ROWS_EACH, ROWS, HITS = 8, 200, 5_000
RECENT = 1_000
"""Texts in which beginnings are looked for before the index gathers all of them."""
SCORED = 1_000
"""Characters at the beginning of a text, which its score is made of."""
SHORT = 6
WORDS = 32
WORD_CHARACTERS = 128

_BEFORE, _AFTER = 40, 120

# CROSS JOIN keeps SQLite's planner from starting anywhere but at the index.
_MATCHING = """
SELECT entries.id, entries.thread, substr(entries.text, 1, :scored)
FROM entries_text CROSS JOIN entries ON entries.id = entries_text.rowid
    CROSS JOIN threads ON threads.key = entries.thread
WHERE entries_text MATCH :wanted AND threads.deleted_at IS NULL
    AND (:workspace IS NULL OR threads.workspace = :workspace) AND {within}
ORDER BY entries_text.rowid DESC LIMIT :hits
"""

_CONTAINING = """
SELECT entries.id, entries.thread, substr(entries.text, 1, :scored)
FROM (SELECT id, thread, text FROM entries ORDER BY id DESC LIMIT :hits) AS entries
    CROSS JOIN threads ON threads.key = entries.thread
WHERE instr(lower(entries.text), lower(:wanted)) AND threads.deleted_at IS NULL
    AND (:workspace IS NULL OR threads.workspace = :workspace) AND {within}
"""


class Hit(Struct, frozen=True, omit_defaults=True):
    """A thread that was found, by its best entry.

    `snippet` is one line; `marks` are the (start, end) of the words in it. `entry` is the row's
    id, 0 when the head line (title, branch, commit, tags) is what matched.
    """

    thread: Thread
    snippet: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    score: float = 0.0
    entry: int = 0


class _Row(NamedTuple):
    entry: int
    thread: int
    start: str


class _Found(NamedTuple):
    score: float
    row: _Row


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
    words = head_words(query)
    found = _heads(query, head_search.by_words(connection, words, limit, workspace, within))
    if len(found) < limit:
        found = _with(found, _in_texts(connection, query, limit, workspace, within))
    if len(found) < limit and workspace is None:
        old = head_search.by_words_of_old(connection, words, limit, within)
        found = _with(found, _heads(query, old))
    return found[:limit]


def head_words(query: str) -> tuple[str, ...]:
    """The words that a head line can hold: any."""
    return tuple(query.split())[:WORDS]


def words_of(query: str) -> tuple[str, ...]:
    """The words that the index can know: those with a letter or a digit."""
    words = (word[:WORD_CHARACTERS] for word in query.split())
    return tuple(word for word in words if any(map(str.isalnum, word)))[:WORDS]


def expression_of(words: Iterable[str], *, is_prefix: bool = False) -> str:
    """An FTS5 query for all of `words`, each quoted: a path is a phrase of its parts.

    Source: SQLite FTS5 §3.1, strings.
    """
    star = " *" if is_prefix else ""
    return " AND ".join('"' + word.replace('"', '""') + '"' + star for word in words)


def excerpt(text: str, words: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """One line of `text` around the first of `words`, and where they are in it."""
    pattern = re.compile("|".join(map(re.escape, words)) or r"(?!)", re.IGNORECASE)
    found = pattern.search(text)
    start = max(0, found.start() - _BEFORE) if found else 0
    window = " ".join(text[start : start + _BEFORE + _AFTER].split())
    before = "…" if start else ""
    after = "…" if start + _BEFORE + _AFTER < len(text) else ""
    line = f"{before}{window}{after}"
    return line, tuple(match.span() for match in pattern.finditer(line))


def _clean(query: str) -> str:
    return query.encode("utf-8", "replace").decode().replace("\0", " ").strip()


def _in_texts(
    connection: sqlite3.Connection, query: str, limit: int, workspace: str | None, within: Where
) -> tuple[Hit, ...]:
    words = words_of(query)
    rows = _Rows(connection, limit, workspace, within).of(query, words)
    best = _best(rows, words)[:limit]
    threads = reading.threads_by_key(connection, [found.row.thread for found in best])
    return tuple(
        _hit(connection, threads[found.row.thread], found, words or (query,)) for found in best
    )


class _Rows:
    """The newest rows that hold what is looked for, until there are `limit` threads."""

    def __init__(
        self, connection: sqlite3.Connection, limit: int, workspace: str | None, within: Where
    ) -> None:
        self._within, self._values = within.named()
        self._connection = connection
        self._limit = limit
        self._workspace = workspace

    def of(self, query: str, words: Sequence[str]) -> list[_Row]:
        """Whole words; then beginnings of words, when that is too few; then any part of a text."""
        rows: list[_Row] = []
        for find in (self._whole, self._recent_beginnings, self._beginnings) if words else ():
            rows += find(words)
            if len({row.thread for row in rows}) >= self._limit:
                break
        return rows or _spread(self._ask(_CONTAINING, query))

    def _whole(self, words: Sequence[str]) -> list[_Row]:
        return _spread(self._ask(_MATCHING, expression_of(words)))

    def _recent_beginnings(self, words: Sequence[str]) -> list[_Row]:
        """What begins with a short word can be most of all texts, and those are near at hand."""
        longest = max(words, key=len)
        if len(longest) >= SHORT:
            return []
        patterns = [re.compile(rf"(?<![^\W_]){re.escape(word)}", re.IGNORECASE) for word in words]
        recent = self._ask(_CONTAINING, longest, RECENT)
        return _spread(row for row in recent if all(one.search(row[2]) for one in patterns))

    def _beginnings(self, words: Sequence[str]) -> list[_Row]:
        return _spread(self._ask(_MATCHING, expression_of(words, is_prefix=True)))

    def _ask(self, statement: str, wanted: str, hits: int = HITS) -> sqlite3.Cursor:
        parameters = {
            "wanted": wanted,
            "workspace": self._workspace,
            "hits": hits,
            "scored": SCORED,
            **self._values,
        }
        return self._connection.execute(statement.format(within=self._within), parameters)


def _spread(hits: Iterable[tuple[int, int, str]]) -> list[_Row]:
    """The newest rows, few of each thread, so that one long thread does not fill the answer."""
    rows: list[_Row] = []
    counts: Counter[int] = Counter()
    for row in map(_Row._make, hits):
        counts[row.thread] += 1
        if counts[row.thread] <= ROWS_EACH:
            rows.append(row)
        if len(rows) == ROWS:
            break
    return rows


def _best(rows: Iterable[_Row], words: Sequence[str]) -> list[_Found]:
    """The best row of each thread; best first, newer first among equals."""
    lowered = [word.lower() for word in words]
    best: dict[int, _Found] = {}
    for row in rows:
        score = _score(row.start.lower(), lowered)
        if row.thread not in best or score > best[row.thread].score:
            best[row.thread] = _Found(score, row)
    return sorted(best.values(), key=lambda found: (-found.score, -found.row.entry))


def _score(text: str, words: Sequence[str]) -> float:
    """How much of `text` is about `words`: each one's occurrences, saturating, against length."""
    patience = 0.5 + len(text) / 2_000
    score = 0.0
    for word in words:
        count = text.count(word) or 1
        score += count / (count + patience)
    return score + (len(words) > 1 and " ".join(words) in text)


def _hit(
    connection: sqlite3.Connection, thread: Thread, found: _Found, words: Sequence[str]
) -> Hit:
    query = "SELECT text FROM entries WHERE id = ?"
    (text,) = connection.execute(query, (found.row.entry,)).fetchone()
    line, marks = excerpt(text, words)
    return Hit(thread, line, marks, round(found.score, 4), found.row.entry)


def _with(found: tuple[Hit, ...], more: Iterable[Hit]) -> tuple[Hit, ...]:
    known = {hit.thread.id for hit in found}
    return (*found, *(hit for hit in more if hit.thread.id not in known))


def _heads(query: str, threads: Iterable[Thread]) -> tuple[Hit, ...]:
    words = head_words(query)
    score = 2.0 * len(words)
    return tuple(Hit(thread, *excerpt(thread.title, words), score) for thread in threads)


def _commits(
    connection: sqlite3.Connection, query: str, limit: int, workspace: str | None, within: Where
) -> tuple[Hit, ...]:
    return tuple(
        Hit(thread, f"commit {thread.git_commit}", ((7, 7 + len(query)),))
        for thread in head_search.by_commit(connection, query, limit, workspace, within)
    )
