"""A thread's head line as a database row, and how its title is made."""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from loom.core import codec
from loom.core.errors import StoreError
from loom.core.history import Entry, MessageEntry
from loom.core.messages import RAN_IN_SHELL, Thread
from loom.threads.width import cut

COLUMNS = Thread.__struct_fields__
CHANGEABLE = frozenset(COLUMNS) - {
    "id",
    "created_at",
    "updated_at",
    "version",
    "message_count",
    "parent",
}
SELECT = """
SELECT threads.id, title, workspace, threads.created_at, updated_at, version, message_count,
    provider, model, git_branch, git_remote, git_commit, tags, is_private, is_pinned,
    threads.parent
FROM threads"""
TITLE_CELLS = 60

# The year 9999: what a clock, a column and a date on the screen can all hold.
_LATEST = 253_402_300_799_999
_TAGS = tuple[str, ...]
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def thread_of(row: Sequence[Any]) -> Thread:
    """The thread of a row of `SELECT`. Raises CodecError when a column holds another type."""
    *first, tags, is_private, is_pinned, parent = row
    values = (*first, codec.decode(tags, _TAGS), bool(is_private), bool(is_pinned), parent)
    return Thread(*values)


def values_of(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Columns and values to store for these fields of a Thread."""
    values = dict(changes)
    if "tags" in values:
        values["tags"] = codec.encode(tuple(values["tags"])).decode()
    return values


def checked(thread: Thread) -> Thread:
    """`thread`, if it can be stored.

    Raises:
        StoreError: the id is not one (letters, digits, `_`, `-`; at most 64) or a field has a
            wrong type.
    """
    if not _ID.fullmatch(thread.id):
        raise StoreError(f"not a thread id: {thread.id[:80]!r}")
    if any(abs(at) > _LATEST for at in (thread.created_at, thread.updated_at)):
        raise StoreError("a thread's times are Unix milliseconds")
    try:
        return msgspec.convert(msgspec.to_builtins(thread), Thread)
    except (msgspec.ValidationError, UnicodeEncodeError, TypeError) as error:
        raise StoreError(f"not a thread: {error}") from error


def checked_changes(changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """`changes`, if a caller may make them. Raises StoreError naming the field."""
    for name in changes:
        if name not in CHANGEABLE:
            raise StoreError(f"a thread has no field {name!r} that can be changed")
    checked(Thread(id="T-changes", **changes))
    return changes


def columns_of(cursor: sqlite3.Cursor) -> tuple[Thread, ...]:
    """Every thread of a query that begins with `SELECT`."""
    return tuple(map(thread_of, cursor))


def title_from(entries: Iterable[Entry]) -> str:
    """The first line of the person's first message that has one, at most 60 cells wide.

    A shell line is its own title.
    """
    for entry in entries:
        if isinstance(entry, MessageEntry) and entry.message.role == "user":
            text = entry.message.text
            if text.startswith(RAN_IN_SHELL):
                text = f"$ {text.removeprefix(RAN_IN_SHELL)}"
            lines = (" ".join(line.split()) for line in text.splitlines())
            title = next(filter(None, lines), "")
            if title:
                return cut(title, TITLE_CELLS)
    return ""
