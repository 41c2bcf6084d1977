"""A client that costs little: one keep-alive connection on a bare protocol."""

import asyncio
import time
from dataclasses import dataclass
from typing import cast

from httptools import HttpResponseParser

EVENT = b"delta"
"""Stands in every event that carries text, on every wire."""


@dataclass(frozen=True)
class Asked:
    """One answer: seconds to the first event with text and to the end, and the last bytes."""

    first: float
    whole: float
    tail: bytes


class Client(asyncio.Protocol):
    """`await connect(port)`, then `await client.ask(request)` again and again."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[Asked] | None = None
        self._status = 0
        self._at = self._first = 0.0
        self._tail = b""
        self.begun = asyncio.Event()

    async def ask(self, request: bytes) -> Asked:
        """Sends a request and reads its answer. Raises RuntimeError when that is not a 200."""
        self._answer = asyncio.get_running_loop().create_future()
        self._at, self._first, self._tail = time.perf_counter(), 0.0, b""
        self.begun.clear()
        self._parser = HttpResponseParser(self)
        self._transport.write(request)
        return await self._answer

    def leave(self) -> None:
        """Hangs up."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(RuntimeError(f"the answer broke off: {self._tail!r}"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        if not self._first and EVENT in data:
            self._first = time.perf_counter()
            self.begun.set()
        self._tail = data if len(data) > 200 else (self._tail + data)[-1000:]

    def on_message_complete(self) -> None:
        if self._answer is None or self._answer.done():
            return
        if self._status != 200:
            self._answer.set_exception(RuntimeError(f"HTTP {self._status}: {self._tail!r}"))
            return
        now = time.perf_counter()
        self._answer.set_result(Asked(self._first - self._at, now - self._at, self._tail))


async def connect(port: int) -> Client:
    """A connection to this machine."""
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(Client, "127.0.0.1", port)
    return client
