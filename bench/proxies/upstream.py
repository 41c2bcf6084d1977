"""A provider that costs next to nothing: Anthropic's wire from prepared bytes, on a bare protocol.

How an answer behaves is read from the model's name: `bench-n200-d4-t9-k50-x7` streams 200 events
4 ms apart (`d0`: as fast as the socket takes them), after 9 ms of silence, breaks the connection
after 50 events, and numbers its texts `7:0;`, `7:1;` and so on. `GET /stats` counts. Prints its
port.
"""

import asyncio
import json
import re
import time
from typing import Any, cast

SHAPE = re.compile(rb"bench((?:-[a-z]\d+)+)")
PART = re.compile(rb"-([a-z])(\d+)")
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
BATCH = 64


def sse(kind: str, **fields: Any) -> bytes:
    """One event of Anthropic's stream."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def chunk(data: bytes) -> bytes:
    """One chunk of HTTP/1.1's chunked coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


USAGE = {"input_tokens": 25, "output_tokens": 1}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-bench"}
WHOLE = json.dumps(
    {
        **MESSAGE,
        "content": [{"type": "text", "text": "Hello there."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
    }
).encode()
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(WHOLE),
    WHOLE,
)
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    + chunk(sse("message_start", message={**MESSAGE, "content": [], "usage": USAGE}))
    + chunk(sse("content_block_start", index=0, content_block={"type": "text", "text": ""}))
)
TEXT = "thirty-two bytes of text, so here"
TAIL = (
    chunk(sse("content_block_stop", index=0))
    + chunk(sse("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9}))
    + chunk(sse("message_stop"))
    + b"0\r\n\r\n"
)


def event(text: str) -> bytes:
    """One piece of the answer's text."""
    delta = {"type": "text_delta", "text": text}
    return chunk(sse("content_block_delta", index=0, delta=delta))


EVENT = event(TEXT)


def numbered(seed: int, place: int) -> str:
    """The text of one event of a stream that has a seed."""
    return f"{seed}:{place};"


class Counts:
    """What the provider saw; `last_abort` by the machine's monotonic clock, in seconds.

    `again` counts requests whose seed came before: they were sent a second time.
    """

    def __init__(self) -> None:
        self._seeds: set[int] = set()
        self.requests = self.active = self.aborted = self.again = 0
        self.last_abort = 0.0

    def begin(self, seed: int | None) -> None:
        """A request came."""
        self.requests += 1
        self.active += 1
        if seed is not None:
            self.again += seed in self._seeds
            self._seeds.add(seed)

    def answer(self) -> bytes:
        """As an answer to `GET /stats`."""
        told = {name: value for name, value in vars(self).items() if name[0] != "_"}
        body = json.dumps(told).encode()
        return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


class Upstream(asyncio.Protocol):
    """One connection; a stream is stopped while the other side does not read."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._buffer = b""
        self._shape: dict[bytes, int] = {}
        self._sent = 0
        self._at = 0.0
        self._is_paused = self._is_busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()

    def connection_lost(self, error: Exception | None) -> None:
        if self._is_busy:
            self._is_busy = False
            self._counts.active -= 1
            self._counts.aborted += 1
            self._counts.last_abort = time.monotonic()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        if not found or len(rest) < size:
            return
        self._buffer = rest[size:]
        if head.startswith(b"GET"):
            self._transport.write(self._counts.answer())
        else:
            self._begin(rest[:size])

    def _begin(self, body: bytes) -> None:
        shape = SHAPE.search(body)
        self._shape = {key: int(value) for key, value in PART.findall(shape[1] if shape else b"")}
        self._counts.begin(self._shape.get(b"x"))
        self._is_busy, self._sent = True, 0
        answer = self._stream if b'"stream":true' in body.replace(b" ", b"") else self._whole
        if silence := self._shape.get(b"t"):
            self._loop.call_later(silence / 1000, answer)
        else:
            answer()

    def _whole(self) -> None:
        if self._is_busy:
            self._end(ANSWER)

    def _stream(self) -> None:
        if not self._is_busy:
            return
        self._transport.write(HEAD)
        self._at = self._loop.time()
        if self._shape.get(b"d"):
            self._next()
        else:
            self._pump()

    def _next(self) -> None:
        if not self._is_busy:
            return
        self._event()
        if self._is_busy and self._sent < self._shape[b"n"]:
            self._at += self._shape[b"d"] / 1000
            self._loop.call_at(self._at, self._next)
        elif self._is_busy:
            self._end(TAIL)

    def _pump(self) -> None:
        # One write an event, as models send them; the socket may still join them.
        for _ in range(min(BATCH, self._shape[b"n"] - self._sent)):
            self._event()
        if not self._is_busy:
            return
        if self._sent >= self._shape[b"n"]:
            self._end(TAIL)
        elif not self._is_paused:
            self._loop.call_soon(self._pump)

    def _event(self) -> None:
        if self._sent == self._shape.get(b"k", -1):
            self._transport.abort()
            self.connection_lost(None)
            return
        seed = self._shape.get(b"x")
        self._transport.write(EVENT if seed is None else event(numbered(seed, self._sent)))
        self._sent += 1

    def _end(self, data: bytes) -> None:
        self._transport.write(data)
        self._is_busy = False
        self._counts.active -= 1

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._is_busy and self._sent and not self._shape.get(b"d"):
            self._pump()


async def main() -> None:
    counts = Counts()
    server = await asyncio.get_running_loop().create_server(
        lambda: Upstream(counts), "127.0.0.1", 0, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
