"""A thread's news as a write: the entries that the server has not, and the head line."""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from loom.api.threads import Attachment, ThreadFields, ThreadWrite, Visibility
from loom.api.times import rfc3339
from loom.core.history import CheckpointEntry, Entry
from loom.threads import reading
from loom.threads.rows import references
from loom.threads.sync.state import Base, Local
from loom.threads.wire import packed

WRITE = 8 * 1024 * 1024
"""Bytes of entries and images from which the rest goes with the next write."""


class News(NamedTuple):
    """Entries that one side has after the first `keep`, which both have; `ids` are local rows."""

    keep: int
    entries: tuple[Entry, ...]
    ids: tuple[int, ...]

    def has_entries(self, base_length: int) -> bool:
        """Whether the entries are others than both had."""
        return bool(self.entries) or self.keep < base_length


class Write(NamedTuple):
    """A write, and what the server will have when it has taken it."""

    body: bytes
    base: Base
    images: frozenset[str]
    is_whole: bool
    has_entries: bool
    is_in_turn: bool


def news(connection: sqlite3.Connection, local: Local) -> News:
    """What is here and was not there when both were last the same."""
    rows = []
    base = local.base
    known = {base.head: base.length} if base and base.head is not None else {}
    keep = 0
    for row in reading.ancestors(connection, local.head):
        if row.id in known:
            keep = known[row.id]
            break
        rows.append(row)
    else:
        # The head left the server's chain before its end: entries were taken back here.
        keep, rows = _beside(connection, base, rows)
    rows.reverse()
    entries = tuple(reading.detached(connection, row) for row in rows)
    return News(keep, entries, tuple(row.id for row in rows))


def _beside(
    connection: sqlite3.Connection, base: Base | None, rows: list[reading.Stored]
) -> tuple[int, list[reading.Stored]]:
    if base is None or base.head is None:
        return 0, rows
    positions = {
        row.id: base.length - number
        for number, row in enumerate(reading.ancestors(connection, base.head))
    }
    for number, row in enumerate(rows):
        if row.id in positions:
            return positions[row.id], rows[:number]
    return 0, rows


def write(
    connection: sqlite3.Connection,
    account: str,
    local: Local,
    resent: Iterable[str] = (),
    visibility: Visibility = "organization",
) -> Write:
    """The write that tells the server of `local`; images that it has stay here, but `resent`."""
    found = news(connection, local)
    entries: list[msgspec.Raw] = []
    images: dict[str, Attachment] = {}
    shown: set[str] = set()
    size = 0
    for entry in found.entries:
        if size >= WRITE:
            break
        fresh = references([entry])
        shown |= fresh
        for image in _unsent(connection, account, fresh - images.keys(), set(resent)):
            images[image.hash] = image
            size += len(image.data)
        entries.append(packed(entry))
        size += len(bytes(entries[-1]))
    is_whole = len(entries) == len(found.entries)
    body = ThreadWrite(
        head_line(local), found.keep, tuple(entries), tuple(images.values()), visibility
    )
    end = found.ids[len(entries) - 1] if entries else local.head
    base = Base("", found.keep + len(entries), end, local.fields, False)
    has_entries = found.has_entries(local.base.length if local.base else 0)
    told = (is_whole, has_entries, is_in_turn(found.entries))
    return Write(msgspec.json.encode(body), base, frozenset(shown), *told)


def between(
    connection: sqlite3.Connection, base: Base | None, keeps: tuple[int, int]
) -> tuple[Entry, ...]:
    """The entries that both sides had, from the lesser of two positions to the greater."""
    low, high = min(keeps), max(keeps)
    if base is None or low == high:
        return ()
    found = reading.ancestors(connection, base.head)
    chain = [*islice(found, base.length - high, base.length - low)][::-1]
    return tuple(reading.detached(connection, row) for row in chain)


def row_at(connection: sqlite3.Connection, local: Local, length: int) -> int | None:
    """The local row at the end of the thread's first `length` entries; None for none."""
    if not length:
        return None
    found = reading.ancestors(connection, local.head)
    return next(islice(found, local.length - length, None)).id


def head_line(local: Local) -> ThreadFields:
    """What the server is told of the thread besides its entries."""
    thread = local.thread
    return ThreadFields(
        **local.fields,
        parent=thread.parent,
        created_at=rfc3339(thread.created_at),
        updated_at=rfc3339(thread.updated_at),
    )


def is_in_turn(entries: Sequence[Entry]) -> bool:
    """Whether the last turn among `entries` has begun and not ended."""
    last = next((each for each in reversed(entries) if isinstance(each, CheckpointEntry)), None)
    return last is not None and last.event == "turn_started"


def note_sent(connection: sqlite3.Connection, account: str, images: Iterable[str]) -> None:
    """The server has these images of ours."""
    connection.executemany(
        "INSERT INTO sent_attachments (hash, account) VALUES (?, ?) ON CONFLICT DO NOTHING",
        ((digest, account) for digest in images),
    )


def _unsent(
    connection: sqlite3.Connection, account: str, hashes: Iterable[str], resent: set[str]
) -> list[Attachment]:
    query = """
SELECT attachments.hash, media_type, data FROM attachments
LEFT JOIN sent_attachments AS sent ON sent.hash = attachments.hash AND sent.account = ?
WHERE attachments.hash = ? AND (sent.hash IS NULL OR ?)
"""
    found = (
        connection.execute(query, (account, digest, digest in resent)).fetchone()
        for digest in sorted(hashes)
    )
    return [Attachment(*row) for row in found if row]
