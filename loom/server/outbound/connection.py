"""One HTTP/1.1 connection to a provider: requests one after another, answers parsed by llhttp."""

import asyncio
from collections.abc import Callable
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from loom.server.outbound.answer import Answer

MAX_HEAD = 128 * 1024
"""Bytes in a row that are neither a head's end nor body: of heads, trailers, chunk extensions."""

PIECE = 256 * 1024
"""Bytes of a large request that are handed to the socket at a time."""


class BadAnswer(ConnectionError):
    """What came is no HTTP/1.1 answer, or not one that was asked for."""


class BrokenOff(ConnectionError):
    """The connection ended before the answer did."""


class Connection(asyncio.BufferedProtocol):
    """Sends a request, and fills its Answer.

    Args:
        buffer: where bytes are received; parsed before anything else runs, so that all connections
            of a loop share one instead of taking memory for each read.
        on_idle: called when an answer is whole and the connection can serve again.
        on_lost: called once, when it is closed.

    Attributes:
        idle_since: by the loop's clock; what the pool goes by.
    """

    __slots__ = (
        "_answer",
        "_body",
        "_buffer",
        "_head",
        "_is_clogged",
        "_is_interim",
        "_is_last",
        "_is_paused",
        "_last",
        "_loop",
        "_on_idle",
        "_on_lost",
        "_overhead",
        "_parser",
        "_transport",
        "_unsent",
        "idle_since",
        "on_body",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        buffer: memoryview,
        on_idle: Callable[["Connection"], None],
        on_lost: Callable[["Connection"], None],
    ) -> None:
        self.idle_since = 0.0
        self._loop = loop
        self._buffer = buffer
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._unsent: memoryview | None = None
        self._is_clogged = self._is_paused = False
        self._head: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._last: bytes | None = None
        self._is_interim = self._is_last = False
        self._overhead = 0
        # What the parser calls for each piece of a body; no code of ours runs for it.
        self.on_body = self._body.append
        self._parser = HttpResponseParser(self)

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent on it."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, head: bytes, body: bytes) -> Answer:
        """Sends a request while none is under way; the answer fills by itself."""
        answer = self._answer = Answer(self, self._loop)
        if self._transport is None or self._transport.is_closing():
            answer.fail(BrokenOff("the connection was closed"))
        elif len(body) <= PIECE:
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            self._unsent = memoryview(body)
            self._send_on()
        return answer

    def pause(self) -> None:
        """Reads no more for now."""
        if self._transport is not None and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Reads on."""
        if self._transport is not None and self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()

    def abort(self) -> None:
        """Closes at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected, and with TLS the other side has proved its name."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Ends the answer that is under way, if one is."""
        answer, self._answer = self._answer, None
        self._transport = self._unsent = None
        # The parser holds bound methods of this object: a circle, which takes memory with it.
        del self._parser, self.on_body
        if answer is not None and error is None and answer.is_until_close:
            answer.finish()
        elif answer is not None:
            answer.fail(error if isinstance(error, OSError) else BrokenOff("closed in the middle"))
        self._on_lost(self)

    def pause_writing(self) -> None:
        """The socket takes no more."""
        self._is_clogged = True

    def resume_writing(self) -> None:
        """The socket takes more."""
        self._is_clogged = False
        self._send_on()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the loop is to receive."""
        return self._buffer

    def buffer_updated(self, size: int) -> None:
        """Parses, and hands on in one piece what of the body came."""
        answer = self._answer
        if answer is None:
            # Nothing was asked.
            self.abort()
            return
        answer.has_begun = True
        self._overhead += size
        try:
            self._parser.feed_data(self._buffer[:size])
        except HttpParserUpgrade:
            self._is_last = True
        except HttpParserError as error:
            self._is_last = True
            if self._last is None:
                self._break(answer, BadAnswer(str(error)))
                return
        self._hand_on(answer)

    def on_message_begin(self) -> None:
        """llhttp: an answer begins; one that nobody asked for is not believed, nor the next."""
        self._is_last = self._last is not None
        self._head.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        """llhttp: a header, or a trailer, which is dropped."""
        self._head.append((name.decode("latin-1"), value.decode("utf-8", "surrogateescape")))

    def on_headers_complete(self) -> None:
        """llhttp: the head is there. Interim answers (RFC 9110 §15.2) are passed over."""
        status = self._parser.get_status_code()
        self._is_interim = 100 <= status < 200 and status != 101
        if not self._is_interim and self._answer is not None and self._last is None:
            self._overhead = 0
            self._answer.begin(status, self._head)
            self._head.clear()

    def on_message_complete(self) -> None:
        """llhttp: an answer is whole."""
        if not self._is_interim and self._last is None:
            self._last = b"".join(self._body)
            self._body.clear()
            # llhttp forgets it when the message is over.
            self._is_last = not self._parser.should_keep_alive()

    def _hand_on(self, answer: Answer) -> None:
        if self._last is not None:
            if self._last:
                answer.feed(self._last)
            self._complete(answer)
        elif self._body:
            self._overhead = 0
            data = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            self._body.clear()
            answer.feed(data)
        elif self._overhead > MAX_HEAD:
            self._break(answer, BadAnswer(f"more than {MAX_HEAD:,} bytes of headers"))

    def _complete(self, answer: Answer) -> None:
        """Ends the answer; the connection serves again when both sides are in step."""
        self._answer = self._last = None
        self._overhead = 0
        is_sent = self._unsent is None and not self._is_clogged
        self._unsent = None
        answer.finish()
        if is_sent and not self._is_last and self.is_open:
            if self._is_paused:
                self.resume()
            self.idle_since = self._loop.time()
            self._on_idle(self)
        else:
            self.abort()

    def _break(self, answer: Answer, error: BadAnswer) -> None:
        self._answer = None
        answer.fail(error)
        self.abort()

    def _send_on(self) -> None:
        """Hands on what the socket takes; an answer that comes early ends it."""
        while self._unsent is not None and not self._is_clogged and self._transport is not None:
            piece, rest = self._unsent[:PIECE], self._unsent[PIECE:]
            self._unsent = rest if len(rest) else None
            self._transport.write(piece)
