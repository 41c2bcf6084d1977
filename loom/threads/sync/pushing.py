"""One thread's news, sent."""

import os
import sqlite3
from collections.abc import Callable
from typing import Literal

from loom.api.clients.threads import ThreadsClient, Unsent
from loom.api.threads import ThreadInfo, Visibility
from loom.core.errors import Outdated, SyncError
from loom.threads.lease import Holder
from loom.threads.store import ThreadStore
from loom.threads.sync import outgoing, state
from loom.threads.sync.outgoing import Write
from loom.threads.sync.pulling import GONE, Busy
from loom.threads.sync.state import Base, Local

Sent = Literal["nothing", "sent", "deleted", "withdrawn"]


class Pusher:
    """Sends what is new here for one account; `clock` gives Unix ms."""

    def __init__(
        self,
        store: ThreadStore,
        client: ThreadsClient,
        account: str,
        clock: Callable[[], int],
        visibility: Visibility = "organization",
    ) -> None:
        self._store = store
        self._client = client
        self._account = account
        self._clock = clock
        self._visibility = visibility

    async def push(self, thread_id: str) -> Sent:
        """Tells the server all that it does not have of the thread.

        Raises:
            Busy: a turn is under way; it is sent when that has ended.
            Outdated: the server has another version than we know.
            SyncError: the server would not.
        """
        local = self._local(thread_id)
        if local is None or local.is_anothers:
            return "nothing"
        if local.thread.is_private:
            return await self._withdraw(local)
        while not await self._sent(local):
            local = self._local(thread_id) or local
        return await self._delete(local) if local.is_deleted else "sent"

    async def _sent(self, local: Local) -> bool:
        """Writes one piece; whether it was the last. A deleted thread's head line does not go."""
        write = await self._store.read_apart(self._write(local))
        is_erased = local.base is not None and local.base.is_erased
        if local.is_deleted and (is_erased or not write.has_entries):
            return True
        await self._require_at_rest(local, write)
        try:
            info = await self._put(local, write)
        except SyncError as error:
            if error.status != GONE or local.base is None:
                raise
            # The server lost it, or it was another's there: what is here is whole.
            await self._store.writer.run(lambda c: state.forget(c, local.key))
            return False
        await self._settle(local, write, info)
        return write.is_whole

    async def _put(self, local: Local, write: Write) -> ThreadInfo:
        etag = local.base.etag if local.base else ""
        try:
            return await self._client.put(local.thread.id, write.body, etag)
        except Unsent as refusal:
            missing = refusal.missing
            whole = await self._store.read_apart(self._write(local, missing))
            return await self._client.put(local.thread.id, whole.body, etag)

    def _write(self, local: Local, resent: tuple[str, ...] = ()) -> Callable[..., Write]:
        return lambda c: outgoing.write(c, self._account, local, resent, self._visibility)

    async def _settle(self, local: Local, write: Write, info: ThreadInfo) -> None:
        """The server has the piece; all of this version, when it was the last."""
        base = Base(info.etag, info.length, write.base.head, state.fields_of(info), False)
        version = local.thread.version if write.is_whole and not local.is_deleted else None

        def work(connection: sqlite3.Connection) -> None:
            outgoing.note_sent(connection, self._account, write.images)
            state.remember(connection, self._account, local.key, base, version)

        await self._store.writer.run(work)

    async def _delete(self, local: Local) -> Sent:
        """Hides on the server what is deleted here."""
        local = self._local(local.thread.id) or local
        if local.base is not None and not local.base.is_deleted:
            await self._hide(local, local.base.etag)
            return "deleted"
        await self._store.writer.run(lambda c: state.synced(c, local.key, local.thread.version))
        return "nothing"

    async def _withdraw(self, local: Local) -> Sent:
        """Hides the server's copy of a thread that has become private; whatever version it is."""
        if local.base is None or local.base.is_deleted:
            return "nothing"
        try:
            await self._hide(local, local.base.etag)
        except Outdated:
            latest = await self._client.read(local.thread.id, local.base.etag, deleted=True)
            await self._hide(local, latest.thread.etag)
        at = self._clock()
        await self._store.writer.run(lambda c: state.tell(c, at, "withdrawn", local.thread.id))
        return "withdrawn"

    async def _hide(self, local: Local, etag: str) -> None:
        if local.base is None:
            return
        try:
            etag = await self._client.delete(local.thread.id, etag)
        except SyncError as error:
            if error.status != GONE:
                raise
        base = local.base._replace(etag=etag, is_deleted=True)
        version = None if local.thread.is_private else local.thread.version
        await self._store.writer.run(
            lambda c: state.remember(c, self._account, local.key, base, version)
        )

    async def _require_at_rest(self, local: Local, write: Write) -> None:
        """Raises Busy in the middle of a turn that some process is carrying out."""
        if not write.is_in_turn:
            return
        holder = Holder(os.getpid(), self._clock())
        with await self._store.lease(local.thread.id, holder) as lease:
            if not lease.is_ours:
                raise Busy(local.thread.id)

    def _local(self, thread_id: str) -> Local | None:
        return self._store.read(lambda c: state.local(c, self._account, thread_id))
