"""A TCP way to a server that loses answers, and keeps what went through it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class FlakyWay:
    """Carries bytes to `target`; for connections that `loses` picks, no byte of the answer.

    The request has arrived by then, and is carried out. `sent` is all that clients said,
    and `hears` is called with each part of it before the server has it. While `holds` says so,
    answers stay on the way and connections open.
    """

    def __init__(
        self,
        target: str,
        loses: Callable[[], bool] = lambda: False,
        hears: Callable[[bytes], None] = lambda data: None,
        holds: Callable[[], bool] = lambda: False,
    ) -> None:
        self._target = urlsplit(target)
        self._hears = hears
        self._loses = loses
        self._holds = holds
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent = bytearray()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """Where clients connect."""
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(OSError, asyncio.CancelledError):
            there = await asyncio.open_connection(self._target.hostname, self._target.port)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(reader, there[1], is_asking=True))
                    group.create_task(self._pump(there[0], writer, is_asking=False))
            finally:
                for each in (writer, there[1]):
                    each.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_asking: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if is_asking:
                    self.sent += data
                    self._hears(data)
                elif self._loses():
                    break
                elif self._holds():
                    await asyncio.Event().wait()
                writer.write(data)
                await writer.drain()
        with suppress(OSError):
            writer.close()
