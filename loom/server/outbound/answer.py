"""One answer while it comes in: its head, and the bytes of its body that nobody took yet."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from multidict import CIMultiDict

HIGH_WATER = 128 * 1024
"""Bytes that may wait to be taken before the provider is no longer read."""

Write = Callable[[bytes], bool]
"""Takes bytes the moment they come; returns True when it wants no more for now."""


class Flow(Protocol):
    """What an answer tells the connection that it comes in on."""

    def pause(self) -> None:
        """Read no more for now."""
        ...

    def resume(self) -> None:
        """Read on."""
        ...

    def abort(self) -> None:
        """Close at once: nobody wants the rest."""
        ...


class Answer:
    """Filled by a connection, emptied by one reader.

    Attributes:
        status: 0 until the head is there.
        has_begun: a byte came, be it of an interim answer.
        is_whole: nothing more will come.
        received_at: when the last piece of the body came, by the loop's clock.
    """

    __slots__ = (
        "_error",
        "_flow",
        "_is_held",
        "_loop",
        "_parts",
        "_size",
        "_waiter",
        "_write",
        "has_begun",
        "headers",
        "is_whole",
        "received_at",
        "status",
    )

    def __init__(self, flow: Flow, loop: asyncio.AbstractEventLoop) -> None:
        self.status = 0
        self.headers: CIMultiDict[str] = CIMultiDict()
        self.has_begun = False
        self.is_whole = False
        self.received_at = 0.0
        self._flow = flow
        self._loop = loop
        self._parts: list[bytes] = []
        self._size = 0
        self._error: OSError | None = None
        self._write: Write | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._is_held = False

    @property
    def content_length(self) -> int | None:
        """The declared length of the body."""
        declared = self.headers.get("Content-Length")
        return int(declared) if declared is not None else None

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; empty when there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def is_until_close(self) -> bool:
        """The body has no length of its own: it ends with the connection (RFC 9112 §6.3)."""
        coding = self.headers.get("Transfer-Encoding", "").lower()
        return self.status > 0 and "Content-Length" not in self.headers and "chunked" not in coding

    async def changed(self) -> None:
        """Waits for more of it. Raises OSError when the connection breaks."""
        self._raise()
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if not self._parts:
            self._raise()

    async def read(self) -> bytes:
        """The next bytes as they come; empty at the end. Raises OSError when they break off."""
        while not self._parts and not self.is_whole:
            await self.changed()
        return self.taken()

    async def pour(self, write: Write) -> bool:
        """Hands what comes to `write`, as it comes, until that wants no more or all is there.

        Returns whether all is there. Raises OSError when the answer breaks off.
        """
        data = self.taken()
        is_full = bool(data) and write(data)
        if not is_full and not self.is_whole:
            self._write = write
            try:
                await self.changed()
            finally:
                self._write = None
        return self.is_whole and not self._parts

    def taken(self) -> bytes:
        """What waits to be taken, which makes room for more."""
        parts = self._parts
        if not parts:
            return b""
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        self._size = 0
        if self._is_held:
            self._is_held = False
            self._flow.resume()
        return data

    def begin(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Takes the final head."""
        self.status = status
        self.headers.extend(headers)
        if self._waiter is not None:
            self._wake(self._waiter)

    def feed(self, data: bytes) -> None:
        """Takes a piece of the body."""
        self.received_at = self._loop.time()
        if self._write is None:
            self._keep(data)
        elif self._write(data):
            self._write = None
            if self._waiter is not None:
                self._wake(self._waiter)

    def finish(self) -> None:
        """Takes note that this was all."""
        self.is_whole = True
        if self._waiter is not None:
            self._wake(self._waiter)

    def fail(self, error: OSError) -> None:
        """Breaks off: what came before can still be taken, then `error` is raised."""
        if not self.is_whole and self._error is None:
            self._error = error
            if self._waiter is not None:
                self._wake(self._waiter)

    def drop(self) -> None:
        """Lets go of it: the rest is wanted by nobody."""
        self._parts.clear()
        if not self.is_whole:
            self.fail(ConnectionAbortedError("dropped"))
            self._flow.abort()

    def _keep(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        if self._waiter is not None:
            self._wake(self._waiter)
        if self._size > HIGH_WATER and not self._is_held:
            self._is_held = True
            self._flow.pause()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _wake(self, waiter: asyncio.Future[None]) -> None:
        # What else comes in the same moment finds nobody waiting.
        self._waiter = None
        if not waiter.done():
            waiter.set_result(None)
