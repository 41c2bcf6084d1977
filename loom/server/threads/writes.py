"""What changes threads on the server: functions over a connection that is inside a transaction.

Each one decides, compares versions and writes in that transaction: of two writers one wins.
"""

import sqlite3
from typing import Any, NamedTuple

from loom.api.threads import ThreadPatch
from loom.server.access import Resource, not_there, require
from loom.server.errors import Refused
from loom.server.principal import Principal
from loom.server.threads import erasing, images, links, quota, support
from loom.server.threads.held import Held, find, require_thread
from loom.server.threads.preconditions import Precondition
from loom.server.threads.preparing import Prepared
from loom.threads import heads, writing

_OWN = """
UPDATE threads SET owner = ?, org = ?, team = ?, visibility = ? WHERE id = ?
"""
_COUNT = """
UPDATE threads SET version = :version, mark = :mark, updated_at = :updated_at,
    deleted_at = CASE WHEN :is_deleted THEN coalesce(deleted_at, :now) END,
    erased_at = CASE WHEN :is_deleted THEN erased_at END,
    change = (SELECT coalesce(max(change), 0) + 1 FROM threads WHERE change NOT NULL)
WHERE key = :key
"""
_REVISION = """
INSERT INTO revisions (thread, version, mark, length, kept)
SELECT key, version, mark, length, :kept FROM threads WHERE key = :key
"""
MOST_REVISIONS = 1_000
"""Of a thread. Whoever knows an older one only is told all of the thread."""


class Stamp(NamedTuple):
    """When something is written, the mark of the new version, and where what is new belongs.

    `room` is how many bytes are kept for a person; 0 is no limit.
    """

    now_ms: int
    mark: str
    org_id: str = ""
    room: int = 0


def put(
    connection: sqlite3.Connection,
    principal: Principal,
    new: Prepared,
    given: Precondition,
    stamp: Stamp,
) -> Held:
    """The thread as written: its first `keep` entries, then those that are new.

    Raises:
        Stale: another version is there.
        Unsent: an image is missing.
        NoRoom: its owner has none for what is new.
        Refused: hidden or missing (404), not allowed (403), or it keeps more than there is (400).
    """
    held = find(connection, new.thread.id)
    if held is None:
        held = _created(connection, principal, new, given, stamp)
        if new.visibility == "public":
            require(principal, "share", held.resource)
    else:
        require(principal, "write", held.resource)
        given.check(held.info)
    if new.keep > held.info.length:
        words = f"the thread has {held.info.length} entries, not {new.keep}"
        raise Refused(400, "invalid_request", words)
    _write(connection, principal.user_id, held, new, stamp.now_ms)
    if new.new.rows or new.images or not held.info.version:
        quota.require_room(connection, held, stamp.room)
    return counted(connection, held, stamp, kept=new.keep, updated_at=new.thread.updated_at)


def patch(
    connection: sqlite3.Connection,
    principal: Principal,
    thread_id: str,
    asked: ThreadPatch,
    given: Precondition,
    stamp: Stamp,
) -> Held:
    """The thread with a changed head line, in the organization of the stamp if that has one.

    Raises Stale, Refused.
    """
    held = require_thread(connection, principal, "write", thread_id)
    if held.info.is_erased:
        raise not_there(held.resource, "write")
    given.check(held.info)
    org = stamp.org_id or held.info.org_id
    visibility = asked.visibility or ("private" if org != held.info.org_id else None)
    if visibility is not None:
        require(principal, "share", held.resource)
        team = (asked.team_id or "") if visibility == "team" else ""
        connection.execute(_OWN, (held.info.owner_id, org, team, visibility, thread_id))
        if visibility == "private":
            unshare(connection, held)
    fields = {"title": asked.title, "tags": asked.tags, "is_pinned": asked.is_pinned}
    changes = {name: value for name, value in fields.items() if value is not None}
    writing.update(connection, thread_id, heads.checked_changes(changes))
    return counted(connection, held, stamp, is_deleted=held.info.is_deleted)


def delete(
    connection: sqlite3.Connection,
    principal: Principal,
    thread_id: str,
    given: Precondition,
    stamp: Stamp,
) -> Held:
    """The thread, hidden; one that was so already stays as it is. Raises Stale, Refused."""
    held = require_thread(connection, principal, "delete", thread_id)
    if held.info.is_deleted:
        return held
    given.check(held.info)
    unshare(connection, held)
    return counted(connection, held, stamp, is_deleted=True)


def unshare(connection: sqlite3.Connection, held: Held) -> None:
    """Nobody reads the thread by a link or as the support any more."""
    links.revoke(connection, held.key)
    support.revoke(connection, held.key)


def _write(
    connection: sqlite3.Connection, writer: str, held: Held, new: Prepared, now_ms: int
) -> None:
    images.keep(connection, held.key, writer, new)
    if new.keep < held.info.length:
        writing.cut(connection, new.thread.id, new.keep)
        erasing.take_back(connection, held.key, now_ms)
    if new.new.rows:
        first, *_ = writing.append(connection, new.thread.id, new.new)
        quota.grow(connection, held.key, first)
    writing.update(connection, new.thread.id, _changes(new))


def _created(
    connection: sqlite3.Connection,
    principal: Principal,
    new: Prepared,
    given: Precondition,
    stamp: Stamp,
) -> Held:
    """The new thread, still without a version."""
    if given.etag:
        raise not_there(Resource("thread", new.thread.id), "write")
    writing.insert_thread(connection, new.thread)
    team = new.team_id if new.visibility == "team" else ""
    owner = (principal.user_id, stamp.org_id, team, new.visibility)
    connection.execute(_OWN, (*owner, new.thread.id))
    held = _found(connection, new.thread.id)
    require(principal, "write", held.resource)
    return held


def counted(
    connection: sqlite3.Connection,
    held: Held,
    stamp: Stamp,
    *,
    kept: int | None = None,
    updated_at: int | None = None,
    is_deleted: bool = False,
) -> Held:
    """One version more than `held`, whatever was written since."""
    (last,) = connection.execute(
        "SELECT updated_at FROM threads WHERE key = ?", (held.key,)
    ).fetchone()
    values: dict[str, Any] = {
        "key": held.key,
        "version": held.info.version + 1,
        "mark": stamp.mark,
        "updated_at": last if updated_at is None else updated_at,
        "is_deleted": is_deleted,
        "now": stamp.now_ms,
        "kept": held.info.length if kept is None else kept,
    }
    connection.execute(_COUNT, values)
    connection.execute(_REVISION, values)
    connection.execute(
        "DELETE FROM revisions WHERE thread = ? AND version <= ?",
        (held.key, values["version"] - MOST_REVISIONS),
    )
    return _found(connection, held.info.id)


def _found(connection: sqlite3.Connection, thread_id: str) -> Held:
    held = find(connection, thread_id)
    if held is None:
        raise not_there(Resource("thread", thread_id))
    return held


def _changes(new: Prepared) -> dict[str, Any]:
    """The head line's fields; a thread without a title has the one that its entries give it."""
    names = heads.CHANGEABLE - {"is_private"}
    values = {name: getattr(new.thread, name) for name in names}
    return values if new.thread.title else {**values, "title": None}
