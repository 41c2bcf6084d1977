"""One thread as the server has it: fetched, compared with ours, and taken."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from loom.api.clients.threads import ThreadsClient
from loom.api.threads import ThreadInfo
from loom.core import ids
from loom.core.errors import SyncError
from loom.threads.lease import Holder
from loom.threads.store import ThreadStore
from loom.threads.sync import incoming, state
from loom.threads.sync.incoming import Incoming, Moved
from loom.threads.sync.reconciling import Fetched, planned
from loom.threads.sync.state import Base, Local
from loom.threads.wire import unpacked

GONE = 404


class Busy(Exception):
    """The thread is open in a session, under which its entries are not changed."""


class Puller:
    """Takes what the server has for one account; `clock` gives Unix ms."""

    def __init__(
        self, store: ThreadStore, client: ThreadsClient, account: str, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._client = client
        self._account = account
        self._clock = clock

    async def pull(self, thread_id: str) -> str:
        """Brings the thread here; the id of the fork that keeps what was here, or "".

        Raises:
            Busy: the thread is open, and its entries changed on the server.
            Moved: it changed here meanwhile.
            SyncError: the server would not.
        """
        local = self._store.read(lambda c: state.local(c, self._account, thread_id))
        if local and (local.thread.is_private or local.is_anothers):
            await self._caught_up(thread_id)
            return ""
        fetched = await self._fetched(thread_id, local.base if local else None)
        if fetched is None or (local is None and fetched.info.is_erased):
            await self._caught_up(thread_id)
            return ""
        if local is not None:
            return await self._reconciled(local, fetched)
        await self._store.writer.run(lambda c: incoming.create(c, self._account, _whole(fetched)))
        return ""

    async def copy(self, thread_id: str) -> str:
        """Another person's thread as one of ours; its new id. Raises SyncError."""
        fetched = await self._fetched(thread_id, None, deleted=False)
        if fetched is None:
            raise SyncError(f"there is no thread {thread_id} on the server", "See `loom list`.")
        at = self._clock()
        copy_id = ids.thread_id(at, os.urandom(10))
        given = _whole(fetched)
        await self._store.writer.run(lambda c: incoming.copy(c, given, copy_id, at))
        return copy_id

    async def _fetched(
        self, thread_id: str, base: Base | None, *, deleted: bool = True
    ) -> Fetched | None:
        """Every piece of the thread; None when it is not there for us."""
        try:
            read = await self._client.read(thread_id, base.etag if base else "", deleted=deleted)
        except SyncError as error:
            if error.status == GONE:
                return None
            raise
        info, start = read.thread, read.keep
        entries, images = unpacked(read.entries), read.attachments
        keep = start if read.is_since_known else None
        while start + len(entries) < info.length:
            more = await self._client.read(thread_id, after=start + len(entries), deleted=deleted)
            _require_same(info, more.thread)
            entries += unpacked(more.entries)
            images += more.attachments
        return Fetched(info, keep, entries, images)

    async def _reconciled(self, local: Local, fetched: Fetched) -> str:
        plan = await self._store.read_apart(lambda c: planned(c, local, fetched))
        at = self._clock()
        fork_id = ids.thread_id(at, os.urandom(10))
        async with self._alone(local.thread.id if plan.changes_entries else ""):
            await self._store.writer.run(
                lambda c: plan.carry_out(c, self._account, local, fork_id, at)
            )
        return fork_id if plan.taken == "both" else ""

    @asynccontextmanager
    async def _alone(self, thread_id: str) -> AsyncIterator[None]:
        """Nobody opens the thread meanwhile; "" is no thread. Raises Busy when it is open."""
        if not thread_id:
            yield
            return
        with await self._store.lease(thread_id, Holder(os.getpid(), self._clock())) as lease:
            if not lease.is_ours:
                raise Busy(thread_id)
            yield

    async def _caught_up(self, thread_id: str) -> None:
        await self._store.writer.run(lambda c: state.caught_up(c, self._account, thread_id))


def _require_same(one: ThreadInfo, other: ThreadInfo) -> None:
    if one.etag != other.etag:
        raise Moved


def _whole(fetched: Fetched) -> Incoming:
    fields = state.fields_of(fetched.info)
    is_deleted = fetched.info.is_deleted
    return Incoming(fetched.info, 0, fetched.entries, fetched.images, fields, is_deleted)
