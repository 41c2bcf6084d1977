"""A provider that costs next to nothing: Anthropic's wire from prepared bytes, on a bare protocol.

How an answer behaves is read from the model's name: `bench-n200-d4` streams 200 events, 4 ms apart;
with `d0` as fast as the socket takes them. Prints its port.
"""

import asyncio
import json
import re
from typing import Any

SHAPE = re.compile(rb"bench-n(\d+)-d(\d+)")
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
EVENT = chunk(
    sse(
        "content_block_delta",
        index=0,
        delta={"type": "text_delta", "text": "thirty-two bytes of text, so here"},
    )
)
TAIL = (
    chunk(sse("content_block_stop", index=0))
    + chunk(sse("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9}))
    + chunk(sse("message_stop"))
    + b"0\r\n\r\n"
)


class Upstream(asyncio.Protocol):
    """One connection; a stream is stopped while the other side does not read."""

    def __init__(self) -> None:
        self._buffer = b""
        self._left = 0
        self._delay = 0.0
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        if not found or len(rest) < size:
            return
        self._buffer = rest[size:]
        self._answer(rest[:size])

    def _answer(self, body: bytes) -> None:
        if b'"stream":true' not in body.replace(b" ", b""):
            self._transport.write(ANSWER)
            return
        shape = SHAPE.search(body)
        assert shape is not None
        self._left, self._delay = int(shape[1]), int(shape[2]) / 1000
        self._transport.write(HEAD)
        self._loop.call_later(self._delay, self._next) if self._delay else self._pump()

    def _next(self) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(EVENT)
        self._left -= 1
        if self._left:
            self._loop.call_later(self._delay, self._next)
        else:
            self._transport.write(TAIL)

    def _pump(self) -> None:
        # One write an event, as models send them; the socket may still join them.
        for _ in range(min(BATCH, self._left)):
            self._transport.write(EVENT)
            self._left -= 1
        if not self._left:
            self._transport.write(TAIL)
        elif not self._is_paused:
            self._loop.call_soon(self._pump)

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._left and not self._delay:
            self._pump()


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
