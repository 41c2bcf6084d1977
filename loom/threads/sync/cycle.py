"""One round: what changed there comes, then what changed here goes."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from loom.api.clients.threads import ThreadsClient
from loom.api.threads import ThreadList, Visibility
from loom.core.errors import AuthError, LoomError, Offline, Outdated, SyncError
from loom.http import parse_address
from loom.secrets import Secret
from loom.threads.lease import Holder, take_aside
from loom.threads.store import ThreadStore, now_ms
from loom.threads.sync import state
from loom.threads.sync.guard import PrivateGuard
from loom.threads.sync.incoming import Moved
from loom.threads.sync.pulling import Busy, Puller
from loom.threads.sync.pushing import Pusher, Sent
from loom.threads.sync.refusals import PAUSE, Refusals

ATTEMPTS = 4
"""Times that a thread is compared anew when both sides go on changing it."""

Find = Callable[[], Awaitable[tuple[str, Secret]]]
"""Gives a server's address and the token for it."""


@dataclass
class Round:
    """What a round did, by thread ids.

    `forks` are those that keep what was here; `full` those for which the server has no room, where
    the person was not told so yet.
    """

    sent: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    forks: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    full: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


class Sync:
    """Keeps a store's threads in step with one server's.

    Args:
        clock: Unix milliseconds.
        visibility: who may read what is new there, besides its owner.
    """

    def __init__(
        self,
        store: ThreadStore,
        find: Find,
        clock: Callable[[], int] = now_ms,
        visibility: Visibility = "organization",
    ) -> None:
        self._store = store
        self._find = find
        self._clock = clock
        self._visibility: Visibility = visibility
        self.account = ""

    async def run(self) -> Round | None:
        """A round; None when another process is at one.

        Raises:
            Offline: nobody answers.
            AuthError: the token does not hold, or belongs to nobody.
            LoomError: the store or the server failed.
        """
        with await take_aside(self.lock, Holder(os.getpid(), self._clock())) as lease:
            if not lease.is_ours:
                return None
            return await self._noted()

    async def send(self, first: str) -> Round | None:
        """A round that only sends, the thread `first` before all others. As `run`."""
        with await take_aside(self.lock, Holder(os.getpid(), self._clock())) as lease:
            return await self._noted(first) if lease.is_ours else None

    @property
    def lock(self) -> Path:
        """The file whose holder is at a round."""
        return self._store.leases / "sync.lock"

    async def adopt(self) -> int:
        """Makes threads of other accounts this one's: the server moved, or the person did.

        How many there were. Raises as `run`.
        """
        async with self._client() as client:
            await self._known(client)
        return await self._store.writer.run(partial(state.adopt, account=self.account))

    async def pull(self, thread_id: str) -> str:
        """Brings one thread here at once; its id here.

        Another person's becomes a thread of ours, with an id of its own.

        Raises:
            SyncError: it is not there for us.
            Moved, Busy: it is here already, and in use.
        """
        async with self._client() as client:
            await self._known(client)
            puller = Puller(self._store, client, self.account, self._clock)
            read = await client.read(thread_id, after=0)
            if not self.account.endswith(f" {read.thread.owner_id}"):
                return await puller.copy(thread_id)
            await puller.pull(thread_id)
        return thread_id

    async def _noted(self, first: str = "") -> Round:
        try:
            done = await self._round(first)
        except LoomError as error:
            if self.account:
                await self._outcome(0, error.message, error.hint)
            raise
        # Who has only sent does not know what changed there.
        await self._outcome(0 if first else self._clock())
        return done

    async def _outcome(self, at: int, error: str = "", hint: str = "") -> None:
        await self._store.writer.run(lambda c: state.outcome(c, self.account, at, error, hint))

    async def _round(self, first: str = "") -> Round:
        done = Round()
        async with self._client() as client:
            await self._known(client)
            puller = Puller(self._store, client, self.account, self._clock)
            pusher = Pusher(self._store, client, self.account, self._clock, self._visibility)
            if not first:
                await self._look(client)
                await self._refusals.try_full_again(PAUSE)
                for thread_id in self._store.read(lambda c: state.behind(c, self.account)):
                    await self._pulled(puller, thread_id, done)
            pending = self._store.read(lambda c: state.pending(c, self.account))
            for thread_id in sorted(pending, key=lambda each: each != first):
                await self._pushed(puller, pusher, thread_id, done)
            for fork in done.forks:
                await self._pushed(puller, pusher, fork, done)
        return done

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[ThreadsClient]:
        address, token = await self._find()
        guard = PrivateGuard(self._store.path)
        try:
            async with ThreadsClient(parse_address(address), token, guard) as client:
                self._address = address
                yield client
        finally:
            guard.close()

    async def _known(self, client: ThreadsClient) -> None:
        """Finds out whose threads these are, once. Raises AuthError for nobody's."""
        if self.account:
            return
        me = await client.me()
        if me.user is None:
            raise AuthError("the server's own token belongs to nobody", "Sign in: loom login")
        self.account = f"{self._address} {me.user.id}"

    async def _look(self, client: ThreadsClient) -> None:
        """Notes of which threads the server has more than we."""
        has_more = True
        while has_more:
            cursor = self._store.read(lambda c: state.cursor_of(c, self.account))
            page = await client.changes(cursor)
            news = self._news(page)
            await self._store.writer.run(
                partial(state.advance, account=self.account, cursor=page.cursor, ids=news)
            )
            has_more = page.has_more

    def _news(self, page: ThreadList) -> list[str]:
        """Ids of the threads whose version there is not the one that we know."""
        news = []
        for info in page.threads:
            here = self._store.read(partial(state.local, account=self.account, thread_id=info.id))
            is_known = here is not None and here.base is not None and here.base.etag == info.etag
            is_nothing = here is None and info.is_deleted
            if not is_known and not is_nothing:
                news.append(info.id)
        return news

    async def _pulled(self, puller: Puller, thread_id: str, done: Round) -> None:
        for _ in range(ATTEMPTS):
            try:
                fork = await puller.pull(thread_id)
            except Moved:
                continue
            except Busy:
                done.waiting.append(thread_id)
                return
            except Offline:
                raise
            except SyncError:
                done.refused.append(thread_id)
                return
            done.taken.append(thread_id)
            done.forks += [fork] if fork else []
            return
        done.waiting.append(thread_id)

    async def _pushed(self, puller: Puller, pusher: Pusher, thread_id: str, done: Round) -> None:
        for _ in range(ATTEMPTS):
            try:
                sent = await pusher.push(thread_id)
            except Outdated:
                await self._pulled(puller, thread_id, done)
                if thread_id in done.waiting:
                    return
                continue
            except Busy:
                done.waiting.append(thread_id)
                return
            except Offline:
                raise
            except SyncError as error:
                if await self._refusals.note(thread_id, error):
                    done.full.append(thread_id)
                done.refused.append(thread_id)
                return
            _count(sent, thread_id, done)
            if sent in ("deleted", "withdrawn"):
                await self._refusals.try_full_again()
            return
        done.waiting.append(thread_id)

    @property
    def _refusals(self) -> Refusals:
        return Refusals(self._store, self.account, self._clock)


def _count(sent: Sent, thread_id: str, done: Round) -> None:
    if sent == "withdrawn":
        done.withdrawn.append(thread_id)
    elif sent != "nothing":
        done.sent.append(thread_id)
