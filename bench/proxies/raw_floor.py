"""The floor of a proxy in Python: bare protocols on both sides, bytes spliced.

Too simple to be one: it trusts both sides, and takes the last bytes of a chunked body for its end.
`python raw_floor.py UPSTREAM`; prints its port.
"""

import asyncio
import re
import sys
from typing import Any
from urllib.parse import urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Upstream(asyncio.Protocol):
    client: "Client | None" = None
    left = -1
    is_head = True

    def __init__(self, pool: list["Upstream"]) -> None:
        self.pool = pool

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def begin(self, client: "Client", request: bytes) -> None:
        self.client, self.is_head, self.left = client, True, -1
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self.client is None:
            return
        if self.is_head:
            self.is_head = False
            end = data.find(b"\r\n\r\n") + 4
            length = LENGTH.search(data, 0, end)
            self.left = int(length[1]) + end if length else -1
        self.client.transport.write(data)
        if self.left >= 0:
            self.left -= len(data)
        if self.left == 0 or (self.left < 0 and data.endswith(b"0\r\n\r\n")):
            self.client.upstream = None
            self.client = None
            self.pool.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self.pool:
            self.pool.remove(self)
        if self.client is not None:
            self.client.transport.close()


class Client(asyncio.Protocol):
    upstream: Upstream | None = None

    def __init__(self, pool: list[Upstream], host: str, port: int, path: str) -> None:
        self.pool, self.host, self.port = pool, host, port
        self.head = f"POST {path} HTTP/1.1\r\nhost: {host}\r\nx-api-key: k\r\n".encode()
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        if not found or len(rest) < size:
            return
        self.buffer = rest[size:]
        request = b"%bcontent-length: %d\r\n\r\n%b" % (self.head, size, rest[:size])
        if self.pool:
            self.upstream = self.pool.pop()
            self.upstream.begin(self, request)
        else:
            self.task = asyncio.ensure_future(self.dial(request))

    async def dial(self, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        _, self.upstream = await loop.create_connection(
            lambda: Upstream(self.pool), self.host, self.port
        )
        self.upstream.begin(self, request)

    def pause_writing(self) -> None:
        if self.upstream is not None:
            self.upstream.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.upstream is not None:
            self.upstream.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        if self.upstream is not None:
            self.upstream.client = None
            self.upstream.transport.abort()


async def main(upstream: str) -> None:
    parts = urlsplit(upstream)
    pool: list[Upstream] = []

    def make() -> Client:
        return Client(pool, parts.hostname or "", parts.port or 80, parts.path)

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
