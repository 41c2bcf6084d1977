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

# Of each thread so many rows, of all threads so many, and so many hits looked at to find them.
ROWS_EACH, ROWS, HITS = 8, 300, 5_000
WORDS = 32
WORD_CHARACTERS = 128

_BEFORE, _AFTER = 40, 120

# CROSS JOIN keeps SQLite's planner from starting anywhere but at the index.
_MATCHING = """
SELECT entries.id, entries.thread
FROM entries_text CROSS JOIN entries ON entries.id = entries_text.rowid
    CROSS JOIN threads ON threads.key = entries.thread
WHERE entries_text MATCH :wanted AND threads.deleted_at IS NULL
    AND (:workspace IS NULL OR threads.workspace = :workspace)
ORDER BY entries_text.rowid DESC LIMIT :hits
"""

_CONTAINING = """
SELECT entries.id, entries.thread
FROM (SELECT id, thread, text FROM entries ORDER BY id DESC LIMIT :hits) AS entries
    JOIN threads ON threads.key = entries.thread
WHERE instr(lower(entries.text), lower(:wanted)) AND threads.deleted_at IS NULL
    AND (:workspace IS NULL OR threads.workspace = :workspace)
ORDER BY entries.id DESC
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


class _Found(NamedTuple):
    score: float
    row: _Row
    text: str


def search(
    connection: sqlite3.Connection, query: str, limit: int, workspace: str | None
) -> tuple[Hit, ...]:
    """At most one hit a thread. Any string is answered; an empty one finds nothing.

    Seven to forty hex digits are tried as the beginning of a commit first.
    """
    query = _clean(query)
    by_commit = _commits(connection, query, limit, workspace)
    if by_commit or not query:
        return by_commit
    by_head = _heads(connection, query, limit, workspace)
    if len(by_head) == limit:
        return by_head
    known = {hit.thread.id for hit in by_head}
    hits = _in_texts(connection, query, limit, workspace)
    return (*by_head, *(hit for hit in hits if hit.thread.id not in known))[:limit]


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
    connection: sqlite3.Connection, query: str, limit: int, workspace: str | None
) -> tuple[Hit, ...]:
    words = words_of(query)
    rows = _matching_rows(connection, query, words, limit, workspace)
    best = _best(connection, rows, words)[:limit]
    return tuple(_hit(connection, found, words or (query,)) for found in best)


def _matching_rows(
    connection: sqlite3.Connection,
    query: str,
    words: Sequence[str],
    limit: int,
    workspace: str | None,
) -> list[_Row]:
    """Whole words; then beginnings of words, when that is too few; then any part of the text.

    Beginnings have to gather every word that continues them, so they are not tried first.
    """

    def newest(statement: str, wanted: str) -> list[_Row]:
        parameters = {"wanted": wanted, "workspace": workspace, "hits": HITS}
        return _spread(connection.execute(statement, parameters))

    rows: list[_Row] = []
    for is_prefix in (False, True) if words else ():
        rows += newest(_MATCHING, expression_of(words, is_prefix=is_prefix))
        if len({row.thread for row in rows}) >= limit:
            break
    return rows or newest(_CONTAINING, query)


def _spread(hits: Iterable[tuple[int, int]]) -> list[_Row]:
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


def _best(
    connection: sqlite3.Connection, rows: Iterable[_Row], words: Sequence[str]
) -> list[_Found]:
    """The best row of each thread; best first, newer first among equals."""
    best: dict[int, _Found] = {}
    for row in rows:
        query = "SELECT text FROM entries WHERE id = ?"
        (text,) = connection.execute(query, (row.entry,)).fetchone()
        found = _Found(_score(text, words), row, text)
        if row.thread not in best or found.score > best[row.thread].score:
            best[row.thread] = found
    return sorted(best.values(), key=lambda found: (-found.score, -found.row.entry))


def _score(text: str, words: Sequence[str]) -> float:
    """How much of `text` is about `words`: each one's occurrences, saturating, against length."""
    lowered = text.lower()
    patience = 0.5 + len(lowered) / 2_000
    counts = (max(1, lowered.count(word.lower())) for word in words)
    phrase = len(words) > 1 and " ".join(words).lower() in lowered
    return sum(count / (count + patience) for count in counts) + phrase


def _hit(connection: sqlite3.Connection, found: _Found, words: Sequence[str]) -> Hit:
    thread = reading.thread_by_key(connection, found.row.thread)
    line, marks = excerpt(found.text, words)
    return Hit(thread, line, marks, round(found.score, 4), found.row.entry)


def _heads(
    connection: sqlite3.Connection, query: str, limit: int, workspace: str | None
) -> tuple[Hit, ...]:
    words = tuple(query.split())[:WORDS]
    score = 2.0 * len(words)
    return tuple(
        Hit(thread, *excerpt(thread.title, words), score)
        for thread in head_search.by_words(connection, words, limit, workspace)
    )


def _commits(
    connection: sqlite3.Connection, query: str, limit: int, workspace: str | None
) -> tuple[Hit, ...]:
    return tuple(
        Hit(thread, f"commit {thread.git_commit}", ((7, 7 + len(query)),))
        for thread in head_search.by_commit(connection, query, limit, workspace)
    )
