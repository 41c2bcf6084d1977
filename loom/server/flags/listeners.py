"""Who listens to the server's stream: told of changes at once, let go when slow or signed out."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from loom.core.errors import StoreError
from loom.server.errors import Refused
from loom.server.principal import Principal, PrincipalKind

MAX_WAITING = 100
"""Changes that a listener may be behind; a slower one is let go, and begins anew."""

MOST = 50
"""Streams that one caller may have open: each window of the app has one."""

RETRY_AFTER = 60.0
"""Seconds after which whoever has too many may ask again."""

TOGETHER = 0.1
"""Seconds in which changes of rights are looked at as one."""

SUPPORT_ASKED = "support.asked"
"""What the support waits to read of a person's has changed."""

log = logging.getLogger("loom.server")


class Change(NamedTuple):
    """Something has changed: `key` of what.

    `org` and `user` are whom alone it concerns; "" is everybody.
    """

    kind: str
    org: str
    key: str
    user: str = ""


class Listener:
    """One client's changes.

    Args:
        principal: whose client it is.
        still: whom the client's credential stands for now; None when it has ended.
        limit: what the stream runs in; it ends it at once, whatever the stream waits for.
    """

    def __init__(
        self, principal: Principal, still: Callable[[], Principal | None], limit: asyncio.Timeout
    ) -> None:
        self.principal = principal
        self._still = still
        self._limit = limit
        self.changes: asyncio.Queue[Change] = asyncio.Queue()

    @property
    def caller(self) -> str:
        """Who may have so many: a person (who acts, while impersonating), a key, the operator."""
        who = self.principal
        is_key = who.kind is PrincipalKind.API_KEY
        return who.credential_id if is_key else who.actor_id or who.name

    @property
    def person(self) -> str:
        """Whose client it is; "" for keys and the operator, and for admins in others' places."""
        who = self.principal
        is_person = who.kind is PrincipalKind.USER and not who.is_impersonating
        return who.user_id if is_person else ""

    def tell(self, change: Change) -> None:
        """Lets go of a client that is too slow."""
        if self.changes.qsize() < MAX_WAITING:
            self.changes.put_nowait(change)
        else:
            self.end()

    def check(self) -> None:
        """Ends the stream of who is signed out; who changed organizations begins anew in it."""
        now = self._still()
        if now is None or now.org_id != self.principal.org_id:
            self.end()

    def end(self) -> None:
        """The stream ends with the next turn of the loop."""
        if not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time())


class Listeners:
    """All who listen now.

    Attributes:
        heartbeat: seconds of silence after which a stream says that it lives, and between looks at
            whether everybody may still listen.
    """

    def __init__(self, heartbeat: float = 30.0) -> None:
        self.heartbeat = heartbeat
        self._listeners: set[Listener] = set()
        self._counts: Counter[str] = Counter()
        self._rights_changed = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    def tell(self, change: Change) -> None:
        """Tells everybody whose it may be."""
        for listener in self._listeners:
            if change.user in ("", listener.person):
                listener.tell(change)

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """It is told, for as long as it is within. Raises Refused (429): there are too many."""
        caller = listener.caller
        if self._counts[caller] >= MOST:
            text, hint = f"you have {MOST} streams open already", "Close one, or wait."
            code = "too_many_requests"
            raise Refused(429, code, text, hint, retry_after=RETRY_AFTER)
        self._counts[caller] += 1
        self._listeners.add(listener)
        if self._is_closed:
            listener.end()
        try:
            yield
        finally:
            self._listeners.discard(listener)
            self._counts[caller] -= 1
            if not self._counts[caller]:
                del self._counts[caller]

    def look_again(self) -> None:
        """Rights changed: somebody may have to go."""
        self._rights_changed.set()

    async def watch(self) -> None:
        """Lets go who may not listen any more, until cancelled.

        Changes of this process are seen at once, those of others and what runs out by the next
        heartbeat.
        """
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.heartbeat):
                    await self._rights_changed.wait()
                    await asyncio.sleep(TOGETHER)
            self._rights_changed.clear()
            for listener in tuple(self._listeners):
                try:
                    listener.check()
                except StoreError as error:
                    log.error("who listens is not known now: %s", error)
                    break
                # Other requests have their turn.
                await asyncio.sleep(0)

    def close(self) -> None:
        """Lets everybody go: the server stops."""
        self._is_closed = True
        for listener in self._listeners:
            listener.end()
