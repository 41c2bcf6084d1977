"""A whole answer that leaves in one write.

aiohttp's own Response costs, with the signals that every answer passes, as much as all the rest of
a small request. This one passes them by, and says itself what they would have said.
"""

import time
from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from multidict import MultiMapping

from loom.log import request_id
from loom.server.header_sieve import HeaderSieve
from loom.server.outbound.request import encoded
from loom.server.response_headers import id_header, standing_lines

EVERYTHING = HeaderSieve()
"""For headers of our own: all of them are sent."""

_REASON_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class WholeAnswer(web.StreamResponse):
    """An answer as it travels, head and body."""

    def __init__(self, status: int, data: bytes) -> None:
        super().__init__(status=status)
        self._data = data

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Sends everything. Raises ConnectionResetError when the client is gone."""
        if self._eof_sent:
            return None
        self._eof_sent = True
        self._keep_alive = request.keep_alive
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client went away")
        transport.write(self._data)
        if request.protocol.writing_paused:
            await request.writer.drain()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Everything is sent already."""


def whole_answer(
    request: web.Request,
    status: int,
    headers: MultiMapping[str],
    sieve: HeaderSieve,
    body: bytes,
    extra: Iterable[str] = (),
) -> WholeAnswer:
    """An answer, with what every answer of ours carries.

    Args:
        sieve: which of `headers` are sent: none about the connection, the body's length, or what
            is added here.
        body: at least one byte.
        extra: more headers, as `name: value`.

    Raises:
        ValueError: a header holds a line's end.
    """
    minor = request.version.minor
    lines = [_status_line(minor, status), *sieve.lines(headers), *extra]
    if "Date" not in headers:
        lines.append(_date(int(time.time())))
    if not request.keep_alive:
        lines.append("Connection: close")
    elif not minor:
        lines.append("Connection: keep-alive")
    lines += (f"{id_header(headers)}: {request_id.get()}", f"Content-Length: {len(body)}")
    return WholeAnswer(status, encoded((*lines, *standing_lines(request), "", "")) + body)


@lru_cache(maxsize=64)
def _status_line(minor: int, status: int) -> str:
    return f"HTTP/1.{minor} {status} {_REASON_PHRASES.get(status, '')}"


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """RFC 9110 §6.6.1."""
    return f"Date: {formatdate(second, usegmt=True)}"
