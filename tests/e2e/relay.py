"""A network that can be cut, or be slow: forwards TCP to a port of this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Relay:
    """`cut` ends every connection and takes no more; `mend` takes them again.

    Args:
        delay: seconds that a byte is under way in each direction.

    Attributes:
        goes_there: while it is clear, nothing that a client sends goes on; no byte is lost.
    """

    def __init__(self, target: int, delay: float = 0.0) -> None:
        self.port = 0
        self.goes_there = asyncio.Event()
        self.goes_there.set()
        self._goes_back = asyncio.Event()
        self._goes_back.set()
        self._delay = delay
        self._target = target
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()

    @classmethod
    @asynccontextmanager
    async def to(cls, target: int, delay: float = 0.0) -> AsyncIterator["Relay"]:
        relay = cls(target, delay)
        async with await asyncio.start_server(relay._accept, "127.0.0.1", 0) as server:
            relay.port = server.sockets[0].getsockname()[1]
            yield relay
            relay.cut()

    def cut(self) -> None:
        self._is_cut = True
        self.goes_there.set()
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._writers |= ends
        await asyncio.gather(
            self._pump(reader, back, self.goes_there), self._pump(there, writer, self._goes_back)
        )
        self._writers -= ends

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_open: asyncio.Event
    ) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            group.create_task(_arrive(under_way, writer, is_open))
            now, data = asyncio.get_running_loop().time, b"-"
            while data:
                data = b""
                with suppress(ConnectionError):
                    data = await reader.read(65536)
                under_way.put_nowait((now() + self._delay, data))


async def _arrive(
    under_way: asyncio.Queue[tuple[float, bytes]],
    writer: asyncio.StreamWriter,
    is_open: asyncio.Event,
) -> None:
    """Hands on what is due, in order, until the end."""
    with suppress(ConnectionError):
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            await is_open.wait()
            if not data:
                break
            writer.write(data)
            await writer.drain()
    writer.close()
