"""A part of a long thread: whole exchanges, bounded in number and bytes, found without the rest."""

import sqlite3
from collections.abc import Callable
from typing import NamedTuple

from loom.api.shares import PAGE, SharedThread
from loom.core.history import Entry
from loom.server.sharing.shown import Curtain
from loom.server.threads.held import Held
from loom.threads import reading
from loom.threads.reading import Outline
from loom.threads.rows import MESSAGE

MOST_BYTES = 512 * 1024
"""Bytes of entries from which the rest is left for the next part."""

ANSWERS = 400
"""Entries that belong to the last message of a part (its tools' answers) and come with it."""


class Window(NamedTuple):
    """Entries, oldest first; `next` is where the next part begins, None at the end."""

    entries: tuple[Entry, ...]
    next: int | None


def part(
    connection: sqlite3.Connection, held: Held, after: int, redact: Callable[[str], str]
) -> SharedThread:
    """What somebody with a link sees of a thread, after its first `after` entries."""
    curtain, found, info = Curtain(redact), window(connection, held, after), held.info
    return SharedThread(
        curtain.line(info.title),
        curtain.line(info.provider),
        curtain.line(info.model),
        info.created_at,
        info.updated_at,
        curtain.messages(found.entries),
        found.next,
    )


def window(connection: sqlite3.Connection, held: Held, after: int) -> Window:
    """What follows the first `after` entries, from the first message on. Raises StoreError."""
    length = held.info.length
    after = min(after, length)
    count = min(PAGE + ANSWERS, length - after)
    outline = reading.outline(connection, held.head, length - after - count, count)
    first = next((i for i, row in enumerate(outline) if row.kind == MESSAGE), len(outline))
    end = first + _end(outline[first:])
    entries = tuple(reading.entry(connection, row.id) for row in outline[first:end])
    return Window(entries, after + end if after + end < length else None)


def _end(rows: list[Outline]) -> int:
    """How many of `rows` are shown together: no message is apart from its tools' answers."""
    size = 0
    for index, row in enumerate(rows):
        is_full = index >= PAGE or size >= MOST_BYTES
        if index and row.kind == MESSAGE and is_full:
            return index
        size += row.size
    return len(rows)
