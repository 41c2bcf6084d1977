"""A provider on a raw socket, which does what a script says: stalls, dies, lies, or behaves."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass
class Received:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """The upstream's end of one connection, in the hands of a script."""

    def __init__(self, writer: asyncio.StreamWriter, gone: asyncio.Event) -> None:
        self._writer = writer
        self.gone = gone
        self.sent = 0

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        self.sent += len(data)
        await self._writer.drain()

    async def head(self, status: int = 200, **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Scripted"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def stream(self, **headers: str) -> None:
        await self.head(content_type="text/event-stream", transfer_encoding="chunked", **headers)

    async def chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        await self.send(b"0\r\n\r\n")

    async def whole(
        self, body: bytes, status: int = 200, content_type: str = "application/json", **headers: str
    ) -> None:
        size = str(len(body))
        await self.head(status, content_type=content_type, content_length=size, **headers)
        await self.send(body)

    async def close(self) -> None:
        """Ends the connection after what was sent."""
        self._writer.close()

    async def die(self) -> None:
        self._writer.transport.abort()

    async def stall(self) -> None:
        """Says nothing more until the other side has had enough."""
        await self.gone.wait()


Script = Callable[[Received, Line], Awaitable[None]]


@dataclass
class RawUpstream:
    """`async with RawUpstream(script) as upstream`; `upstream.url` is where it listens."""

    script: Script
    received: list[Received] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    gone_at: float = 0.0
    connections: int = 0
    line: Line | None = None

    async def __aenter__(self) -> Self:
        self._writers: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while (request := await _request(reader)) is not None:
                self.received.append(request)
                self.arrived.set()
                await self._play(request, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _play(
        self, request: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Runs the script, and beside it watches for the other side to hang up."""
        gone = asyncio.Event()
        self.line = Line(writer, gone)

        async def watch() -> None:
            try:
                if not await reader.read(1):
                    self._hung_up(gone)
            except ConnectionError:
                self._hung_up(gone)

        watcher = asyncio.create_task(watch())
        try:
            await self.script(request, self.line)
        except ConnectionError:
            self._hung_up(gone)
            raise
        finally:
            watcher.cancel()
            await asyncio.wait([watcher])

    def _hung_up(self, gone: asyncio.Event) -> None:
        self.gone_at = asyncio.get_running_loop().time()
        gone.set()
        self.gone.set()


async def _request(reader: asyncio.StreamReader) -> Received | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body)


def answer(
    body: bytes | Mapping[str, Any],
    status: int = 200,
    content_type: str = "application/json",
    **headers: str,
) -> Script:
    """A script that answers every request with this."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def script(request: Received, line: Line) -> None:
        await line.whole(data, status, content_type, **headers)

    return script


def events(*chunks: bytes, then: Callable[[Line], Awaitable[None]] = Line.end) -> Script:
    """A script that streams `chunks`, each in a write of its own, and then ends, dies or stalls."""

    async def script(request: Received, line: Line) -> None:
        await line.stream()
        for chunk in chunks:
            await line.chunk(chunk)
        await then(line)

    return script


async def never(request: Received, line: Line) -> None:
    """Never answers."""
    await line.stall()
