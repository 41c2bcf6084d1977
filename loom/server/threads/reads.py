"""A thread's entries for the wire: those that the asker does not have, with their images."""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from loom.api.threads import Attachment, ReadQuery, ThreadRead
from loom.server.errors import Refused
from loom.server.threads.held import Held
from loom.threads import reading
from loom.threads.rows import references
from loom.threads.wire import packed

ANSWER = 8 * 1024 * 1024
"""Bytes of entries and images from which an answer leaves the rest for the next."""


def read(connection: sqlite3.Connection, held: Held, asked: ReadQuery) -> ThreadRead:
    """The entries that follow what the asker has.

    Raises:
        Refused: `after` is beyond the thread's end (400).
        StoreError: the chain of ancestors is broken.
    """
    length = held.info.length
    known = kept_since(connection, held, asked.since) if asked.since else None
    keep = asked.after if known is None else max(asked.after, known)
    if keep > length:
        raise Refused(400, "invalid_request", f"the thread has {length} entries, not {keep}")
    rows = [*islice(reading.ancestors(connection, held.head), length - keep)][::-1]
    entries, images = _fitting(connection, rows)
    is_known = known is not None
    return ThreadRead(held.info, keep, tuple(entries), tuple(images), is_known)


def kept_since(connection: sqlite3.Connection, held: Held, etag: str) -> int | None:
    """How many leading entries are as they were at `etag`; None when it is none of the thread's."""
    version, _, mark = etag.partition("-")
    if not (version.isascii() and version.isdecimal() and len(version) < 18):
        return None
    then = connection.execute(
        "SELECT length FROM revisions WHERE thread = ? AND version = ? AND mark = ?",
        (held.key, int(version), mark),
    ).fetchone()
    if then is None:
        return None
    (kept,) = connection.execute(
        "SELECT min(kept) FROM revisions WHERE thread = ? AND version > ?",
        (held.key, int(version)),
    ).fetchone()
    return int(then[0]) if kept is None else min(int(then[0]), int(kept))


def _fitting(
    connection: sqlite3.Connection, rows: Iterable[reading.Stored]
) -> tuple[list[msgspec.Raw], list[Attachment]]:
    """The first of `rows` that fit an answer, one at least, and the images that they show."""
    entries: list[msgspec.Raw] = []
    images: dict[str, Attachment] = {}
    size = 0
    for row in rows:
        if size >= ANSWER:
            break
        entry = reading.detached(connection, row)
        for image in _images(connection, references([entry]) - images.keys()):
            images[image.hash] = image
            size += len(image.data)
        entries.append(packed(entry))
        size += len(bytes(entries[-1]))
    return entries, list(images.values())


def _images(connection: sqlite3.Connection, hashes: Iterable[str]) -> Iterator[Attachment]:
    for digest in sorted(hashes):
        query = "SELECT hash, media_type, data FROM attachments WHERE hash = ?"
        if row := connection.execute(query, (digest,)).fetchone():
            yield Attachment(*row)
