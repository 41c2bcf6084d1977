"""A stream's bytes, straight to the client's transport."""

import asyncio

from aiohttp import hdrs, web

from loom.server.keys import CONFIG


class DirectBody:
    """The body of a StreamResponse, written without a task and without waiting.

    aiohttp's own writer costs as much as everything else that an event needs. What is written here
    passes it by; head and end of the body are still its own.
    """

    def __init__(self, request: web.Request, response: web.StreamResponse) -> None:
        self._request = request
        self._response = response
        self._protocol = request.protocol
        self._is_chunked = False

    async def open(self, first: bytes = b"") -> None:
        """Sends status and headers, together with what is there of the body."""
        # A head that waits for the body's first bytes spares the client a packet.
        self._response._send_headers_immediately = False
        writer = await self._response.prepare(self._request)
        self._is_chunked = hdrs.TRANSFER_ENCODING in self._response.headers
        if first:
            await self._response.write(first)
        elif writer is not None:
            writer.send_headers()
        # They are on their way; a server of thousands of streams does not hold them.
        self._response.headers.clear()

    def write(self, data: bytes) -> bool:
        """Sends bytes, at least one; returns True when `drain` is to be awaited before more."""
        transport = self._protocol.transport
        if transport is None or transport.is_closing():
            return True
        transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self._is_chunked else data)
        return self._protocol.writing_paused

    async def drain(self) -> None:
        """Waits until the client takes more.

        Raises ConnectionError when it is gone, or takes so little that it is let go.
        """
        transport = self._protocol.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client went away")
        try:
            async with asyncio.timeout(self._request.app[CONFIG].http.timeout_client):
                await self._request.writer.drain()
        except TimeoutError as error:
            transport.abort()
            raise ConnectionResetError("the client took nothing for too long") from error
