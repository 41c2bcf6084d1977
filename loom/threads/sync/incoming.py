"""The server's version of a thread, written here: inside one transaction, or not at all."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from loom.api.threads import Attachment, ThreadInfo
from loom.api.times import unix_ms
from loom.core.history import Entry
from loom.core.messages import Thread
from loom.threads import heads, rows, writing
from loom.threads.sync import state
from loom.threads.sync.state import Base, Fields, Local

FORKED = " (the other version)"
"""What tells the title of the version that was here from the server's."""


class Moved(Exception):
    """The thread changed while its server's version was on the way."""


class Incoming(NamedTuple):
    """The server's version: its first `keep` entries are here already."""

    info: ThreadInfo
    keep: int
    entries: Sequence[Entry]
    images: Sequence[Attachment]
    fields: Fields
    is_deleted: bool


def create(connection: sqlite3.Connection, account: str, given: Incoming) -> None:
    """A thread that was not here. Raises Moved when by now it is."""
    info = given.info
    if state.local(connection, account, info.id) is not None:
        raise Moved
    thread = Thread(
        id=info.id,
        created_at=unix_ms(info.created_at),
        updated_at=unix_ms(info.updated_at),
        version=1,
        parent=info.parent,
        **given.fields,
    )
    writing.insert_thread(connection, heads.checked(thread))
    _write(connection, account, given)


def copy(connection: sqlite3.Connection, given: Incoming, copy_id: str, at: int) -> None:
    """Another person's thread as one of ours, which the server does not have yet."""
    fields = {**given.fields, "is_pinned": False}
    origin = given.info.id
    thread = Thread(id=copy_id, created_at=at, updated_at=at, version=1, parent=origin, **fields)
    writing.insert_thread(connection, heads.checked(thread))
    _add(connection, copy_id, given, at)


def take(connection: sqlite3.Connection, account: str, seen: Local, given: Incoming) -> None:
    """The server's entries in place of those after `keep`. Raises Moved."""
    _require_unmoved(connection, account, seen)
    _write(connection, account, given)


def fork(
    connection: sqlite3.Connection,
    account: str,
    seen: Local,
    given: Incoming,
    fork_id: str,
    at: int,
) -> None:
    """Our version as a thread of its own, then the server's under the old id. Raises Moved."""
    _require_unmoved(connection, account, seen)
    forked = writing.fork(connection, seen.thread.id, None, fork_id, at)
    title = (forked.title or "untitled") + FORKED
    writing.update(connection, fork_id, {"title": title})
    _set_time(connection, fork_id, seen.thread.updated_at)
    state.tell(connection, at, "conflict", seen.thread.id, fork_id)
    _write(connection, account, given)


def rebase(
    connection: sqlite3.Connection,
    account: str,
    seen: Local,
    base: Base,
    fields: Fields,
    *,
    is_deleted: bool,
) -> None:
    """Our entries stay and wait to be sent, on top of `base`. Raises Moved."""
    _require_unmoved(connection, account, seen)
    if fields != seen.fields:
        writing.update(connection, seen.thread.id, fields)
    if is_deleted != seen.is_deleted:
        at = seen.thread.updated_at if is_deleted else None
        writing.mark_deleted(connection, seen.thread.id, at)
    state.remember(connection, account, seen.key, base, 0)
    state.caught_up(connection, account, seen.thread.id)


def bury(connection: sqlite3.Connection, account: str, seen: Local, base: Base) -> None:
    """Hidden here, with its entries, for the server has erased it. Raises Moved."""
    _require_unmoved(connection, account, seen)
    if not seen.is_deleted:
        writing.mark_deleted(connection, seen.thread.id, seen.thread.updated_at)
    now = state.local(connection, account, seen.thread.id) or seen
    state.remember(connection, account, seen.key, base, now.thread.version)
    state.caught_up(connection, account, seen.thread.id)


def _require_unmoved(connection: sqlite3.Connection, account: str, seen: Local) -> None:
    now = state.local(connection, account, seen.thread.id)
    if now is None or now.thread.version != seen.thread.version or now.base != seen.base:
        raise Moved
    if now.thread.is_private:
        raise Moved


def _write(connection: sqlite3.Connection, account: str, given: Incoming) -> None:
    """Entries, head line and what is known of the server: clean, unless fields were merged."""
    name = given.info.id
    writing.cut(connection, name, given.keep)
    updated_at = unix_ms(given.info.updated_at)
    _add(connection, name, given, updated_at)
    writing.update(connection, name, given.fields)
    writing.mark_deleted(connection, name, updated_at if given.is_deleted else None)
    _set_time(connection, name, updated_at)
    now = state.local(connection, account, name)
    if now is None:
        raise Moved
    theirs = state.fields_of(given.info)
    info = given.info
    base = Base(info.etag, info.length, now.head, theirs, info.is_deleted)
    is_same = given.fields == theirs and given.is_deleted == info.is_deleted
    state.remember(connection, account, now.key, base, now.thread.version if is_same else None)
    state.caught_up(connection, account, name)


def _add(connection: sqlite3.Connection, name: str, given: Incoming, at: int) -> None:
    for image in given.images:
        row = rows.Attachment(image.hash, image.media_type, image.data)
        writing.insert_attachment(connection, row)
    if given.entries:
        writing.append(connection, name, writing.addition_of(given.entries, at))


def _set_time(connection: sqlite3.Connection, thread_id: str, at: int) -> None:
    connection.execute("UPDATE threads SET updated_at = ? WHERE id = ?", (at, thread_id))
