"""What is to be written here when the server's version has come: a plan, and its carrying out."""

import sqlite3
from dataclasses import dataclass
from typing import NamedTuple

from loom.api.threads import Attachment, ThreadInfo
from loom.api.times import unix_ms
from loom.core.history import Entry
from loom.threads.sync import incoming, merging, outgoing, state
from loom.threads.sync.incoming import Incoming
from loom.threads.sync.merging import Taken, Theirs
from loom.threads.sync.state import Base, Local
from loom.threads.wire import common


class Fetched(NamedTuple):
    """The server's version, whole; `keep` is None when the server does not know what we had."""

    info: ThreadInfo
    keep: int | None
    entries: tuple[Entry, ...]
    images: tuple[Attachment, ...]


@dataclass(frozen=True)
class Plan:
    """What becomes of the thread.

    Attributes:
        taken: whose entries stay under its id.
        given: the server's entries and the merged head line.
        base: what the server has then, where our entries stay.
    """

    taken: Taken
    given: Incoming
    base: Base
    changes_entries: bool

    def carry_out(
        self, connection: sqlite3.Connection, account: str, seen: Local, fork_id: str, at: int
    ) -> None:
        """Writes it, in one transaction. Raises Moved."""
        given = self.given
        if given.info.is_erased and given.is_deleted:
            incoming.bury(connection, account, seen, self.base)
        elif self.taken == "both":
            incoming.fork(connection, account, seen, given, fork_id, at)
        elif self.taken == "theirs":
            incoming.take(connection, account, seen, given)
        else:
            merged = (self.base, given.fields)
            incoming.rebase(connection, account, seen, *merged, is_deleted=given.is_deleted)
        was_deleted = seen.base is not None and seen.base.is_deleted
        if not given.is_deleted and not was_deleted and (seen.is_deleted or given.info.is_deleted):
            state.tell(connection, at, "kept", seen.thread.id)


def planned(connection: sqlite3.Connection, local: Local, fetched: Fetched) -> Plan:
    """What becomes of `local` now that the server has what was fetched."""
    if fetched.info.is_erased:
        return _of_erased(connection, local, fetched.info)
    theirs = Theirs(fetched.keep, fetched.entries)
    ours = outgoing.news(connection, local)
    known = state.fields_of(fetched.info)
    base = local.base or Base("", 0, None, known, False)
    keeps = (ours.keep, theirs.keep or 0)
    between = outgoing.between(connection, local.base, keeps)
    taken = merging.entries_taken(base.length, between, ours, theirs)
    our_tail, their_tail = merging.tails(between, ours, theirs)
    same = common(our_tail, their_tail)
    keep, new = min(keeps) + same, their_tail[same:]
    deleted = merging.is_deleted(
        base.is_deleted,
        local.is_deleted,
        fetched.info.is_deleted,
        we_wrote=taken == "ours",
        they_wrote=taken != "ours" and theirs.has_entries(base.length),
    )
    fields = merging.merged(base.fields, local.fields, known)
    given = Incoming(fetched.info, keep, new, fetched.images, fields, deleted)
    changes = taken != "ours" and (bool(new) or keep < local.length)
    left = base if taken != "ours" else _base(connection, local, fetched, theirs)
    return Plan(taken, given, left, changes)


def _of_erased(connection: sqlite3.Connection, local: Local, info: ThreadInfo) -> Plan:
    """The server has nothing of it any more: it is hidden here, or all of ours goes there again.

    Where nobody knows what the server had, what is newer here than the end there was written since.
    """
    if local.base is not None:
        was_deleted = local.base.is_deleted
        we_wrote = outgoing.news(connection, local).has_entries(local.base.length)
    else:
        was_deleted, we_wrote = False, local.thread.updated_at > unix_ms(info.updated_at)
    deleted = merging.is_deleted(
        was_deleted, local.is_deleted, True, we_wrote=we_wrote, they_wrote=False
    )
    given = Incoming(info, local.length, (), (), local.fields, deleted)
    return Plan("ours", given, Base(info.etag, 0, None, state.fields_of(info), True), False)


def _base(connection: sqlite3.Connection, local: Local, fetched: Fetched, theirs: Theirs) -> Base:
    """The server's version: what both had, or else the beginning of ours."""
    info = fetched.info
    known = state.fields_of(info)
    if local.base is not None and not theirs.has_entries(local.base.length):
        return local.base._replace(etag=info.etag, fields=known, is_deleted=info.is_deleted)
    head = outgoing.row_at(connection, local, info.length)
    return Base(info.etag, info.length, head, known, info.is_deleted)
