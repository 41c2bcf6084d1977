"""Who listens to the server's stream: told of changes at once, let go when too slow."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

MAX_WAITING = 100
"""Changes that a listener may be behind; a slower one is let go, and begins anew."""

SUPPORT_ASKED = "support.asked"
"""What the support waits to read of a person's has changed."""


class Change(NamedTuple):
    """Something has changed: `key` of what.

    `org` and `user` are whom alone it concerns; "" is everybody.
    """

    kind: str
    org: str
    key: str
    user: str = ""


class Listener:
    """One client's changes; None is the end. `user` is whose client it is, if a person's."""

    def __init__(self, user: str = "") -> None:
        self.user = user
        self.changes: asyncio.Queue[Change | None] = asyncio.Queue(MAX_WAITING + 1)

    def tell(self, change: Change | None) -> bool:
        """False when the client is too slow."""
        if self.changes.qsize() >= MAX_WAITING:
            self.changes.put_nowait(None)
            return False
        self.changes.put_nowait(change)
        return True


class Listeners:
    """All who listen now.

    Attributes:
        heartbeat: seconds of silence after which a stream says that it lives.
    """

    def __init__(self, heartbeat: float = 30.0) -> None:
        self.heartbeat = heartbeat
        self._listeners: set[Listener] = set()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    def tell(self, change: Change) -> None:
        """Tells everybody whose it may be."""
        concerned = {each for each in self._listeners if change.user in ("", each.user)}
        self._listeners -= {each for each in concerned if not each.tell(change)}

    @contextmanager
    def listening(self, user: str = "") -> Iterator[Listener]:
        """A Listener, for as long as it is within."""
        listener = Listener(user)
        self._listeners.add(listener)
        if self._is_closed:
            listener.tell(None)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Lets everybody go: the server stops."""
        self._is_closed = True
        for listener in self._listeners:
            listener.tell(None)
