"""Reading a request's body, which may not take as long as the client likes."""

import asyncio

from aiohttp import StreamReader, web

from loom.server.errors import Refused
from loom.server.keys import CONFIG

_SMALL = 16 * 1024
"""Bytes of a body that never makes aiohttp stop reading."""

LEAST_RATE = 16 * 1024
"""Bytes a second below which a client is not slow but holding on."""


async def body_of(request: web.Request) -> bytes:
    """The whole body.

    Raises:
        Refused: it did not come in time (408).
        HTTPRequestEntityTooLarge: it is over the server's limit.
    """
    if request.content.is_eof():
        return _within(request.client_max_size, _arrived(request.content))
    config = request.app[CONFIG]
    size = request.content_length if request.content_length is not None else config.body_limit
    limit = config.http.timeout_body + min(size, config.body_limit) / LEAST_RATE
    try:
        async with asyncio.timeout(limit):
            return await _collected(request)
    except TimeoutError as error:
        raise Refused(408, "timeout", f"the body did not arrive within {limit:.0f} s") from error


async def small_body(request: web.Request, limit: int) -> bytes:
    """The body where it has to be small: `limit` bytes at most. Raises as `body_of` does."""
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(limit, request.content_length or 0)
    return await body_of(request.clone(client_max_size=limit))


def _arrived(content: StreamReader) -> bytes:
    """A body that is all there. aiohttp's own way also has its parser look for more of it.

    That is for large ones, for which it stopped reading.
    """
    if not 0 < content.total_bytes <= _SMALL or content.exception() is not None:
        return content.read_nowait()
    parts = [*content._buffer]
    content._buffer.clear()
    return b"".join(parts)


async def _collected(request: web.Request) -> bytes:
    """All that comes. aiohttp's own `read` keeps the body for as long as the request lives."""
    parts, size = [], 0
    while part := await request.content.readany():
        parts.append(part)
        size += len(part)
        if size > request.client_max_size:
            raise web.HTTPRequestEntityTooLarge(request.client_max_size, size)
    return b"".join(parts)


def _within(limit: int, body: bytes) -> bytes:
    if len(body) > limit:
        raise web.HTTPRequestEntityTooLarge(limit, len(body))
    return body
