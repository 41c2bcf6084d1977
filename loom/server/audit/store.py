"""SQL of the audit log. Every change runs in the writer's transaction, which other processes wait
for: the chain has one end at any time.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

from loom.db import insert
from loom.server.audit.chain import BROKEN, HASH_SIZE, Link, Mark, MarkKind, Seal

Footing = Literal["sound", "new", "rekeyed", "broken"]


_LINKS = "SELECT seq, hash, key_id, CAST(body AS BLOB) FROM audit"


class End(NamedTuple):
    """Where the chain goes on; `footing` says what was found there."""

    seq: int
    hash: bytes
    footing: Footing


def mark(connection: sqlite3.Connection, kind: MarkKind) -> Mark | None:
    """One end's mark; None before the first line."""
    row = connection.execute(
        "SELECT kind, seq, hash, key_id, proof FROM audit_marks WHERE kind = ?", (kind,)
    ).fetchone()
    return None if row is None else Mark(*row)


def put_mark(connection: sqlite3.Connection, made: Mark) -> None:
    """Moves one end of the chain."""
    connection.execute("INSERT OR REPLACE INTO audit_marks VALUES (?, ?, ?, ?, ?)", made)


def links(connection: sqlite3.Connection, after: int, most: int) -> list[Link]:
    """Lines behind number `after`, oldest first."""
    rows = connection.execute(f"{_LINKS} WHERE seq > ? ORDER BY seq LIMIT ?", (after, most))
    return [Link(*row) for row in rows]


def everything(connection: sqlite3.Connection) -> Iterator[Link | Mark]:
    """The start, all lines, the head: as they are at one instant, whoever writes meanwhile."""
    connection.execute("BEGIN")
    try:
        ends = [mark(connection, "start"), mark(connection, "head")]
        yield from (each for each in ends[:1] if each)
        for row in connection.execute(f"{_LINKS} ORDER BY seq"):
            yield Link(*row)
        yield from (each for each in ends[1:] if each)
    finally:
        connection.execute("COMMIT")


def end(connection: sqlite3.Connection, seal: Seal) -> End:
    """Where the next line is tied on; a new chain's start is made here.

    A head that does not fit, or was not made with the key, is not built upon: the next line stands
    on nothing, which verification finds for ever after.
    """
    start, head, last = mark(connection, "start"), mark(connection, "head"), _last(connection)
    if start is None and head is None and last is None:
        start = seal.mark("start", 0, os.urandom(HASH_SIZE))
        put_mark(connection, start)
        return End(0, start.hash, "new")
    if head is None or last is None or last[1:4] != head[1:4]:
        top = max(each.seq for each in (start, head, last) if each is not None)
        return End(top, BROKEN, "broken")
    if head.key_id != seal.key_id:
        return End(head.seq, head.hash, "rekeyed")
    is_sound = seal.is_mine(head)
    return End(head.seq, head.hash, "sound") if is_sound else End(head.seq, BROKEN, "broken")


def append(connection: sqlite3.Connection, at: End, bodies: Sequence[bytes], seal: Seal) -> Mark:
    """Adds lines behind `at`; the new head."""
    seq, previous = at.seq, at.hash
    made = []
    for body in bodies:
        seq += 1
        link = seal.link(previous, seq, body)
        previous = link.hash
        made.append((link.seq, link.hash, link.key_id, link.body.decode()))
    insert(connection, "INSERT INTO audit (seq, hash, key_id, body)", made)
    head = seal.mark("head", seq, previous)
    put_mark(connection, head)
    return head


def cut(connection: sqlite3.Connection, older_than_ms: int, most: int, seal: Seal) -> int:
    """Removes at most `most` of the oldest lines, of those older than this; how many it were.

    The start's mark moves on, and the last line always stays, so that the chain goes on.
    """
    rows = connection.execute("SELECT seq, hash, at FROM audit ORDER BY seq LIMIT ?", (most + 1,))
    old = list(takewhile(lambda row: row[2] < older_than_ms, rows))
    last = _last(connection)
    gone = [row for row in old[:most] if last is not None and row[0] < last.seq]
    if gone:
        seq, hash_, _ = gone[-1]
        connection.execute("DELETE FROM audit WHERE seq <= ?", (seq,))
        put_mark(connection, seal.mark("start", seq, hash_))
    return len(gone)


def _last(connection: sqlite3.Connection) -> Mark | None:
    """The last line, in the form of a mark without proof."""
    row = connection.execute(
        "SELECT seq, hash, key_id FROM audit ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return None if row is None else Mark("head", row[0], row[1], row[2], b"")
