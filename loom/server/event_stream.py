"""Loom's own stream to a client: begun late, never silent, ended once.

It begins when the provider has answered, or after a moment without an answer; until then a refusal
can still be an HTTP status. From its start on, silence is filled with `: ping`.
"""

import asyncio
from collections.abc import Callable, Sequence

from aiohttp import web

from loom.core import codec
from loom.core.llm import Completed, LlmError, LlmEvent
from loom.server.direct_body import DirectBody

PING = b": ping\n\n"
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",
    # nginx would otherwise collect the events.
    "X-Accel-Buffering": "no",
}


class EventStream:
    """One answer on the way to a client.

    Args:
        head_wait: seconds after which the stream begins without the provider's answer.
        ping_interval: seconds of silence before a ping.
        signed: what is sent instead of the event that ends the stream well.

    Attributes:
        refusal: why there is no stream; set only when it had not begun.
        has_sent: an event has left, so that no other answer can be given.
        end: the terminal event that was sent, if one was.
    """

    def __init__(
        self,
        request: web.Request,
        head_wait: float,
        ping_interval: float,
        signed: Callable[[Completed], Completed],
    ) -> None:
        self.response = web.StreamResponse(headers=_HEADERS)
        self.has_sent = False
        self._signed = signed
        self._body = DirectBody(request, self.response)
        self.refusal: LlmError | None = None
        self.end: Completed | LlmError | None = None
        self._head_wait = head_wait
        self._ping_interval = ping_interval
        self._opening = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._written_at = 0.0
        self._pings: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Sends status, headers and the first ping, unless that is done already."""
        async with self._opening:
            if not self.response.prepared and self.refusal is None:
                self._written_at = self._loop.time()
                await self._body.open(PING)
                self._ping()

    async def send(self, events: Sequence[LlmEvent]) -> None:
        """Sends events and waits while the client is slow. Raises ConnectionError when it left."""
        if self.put(events):
            await self.drain()

    def put(self, events: Sequence[LlmEvent]) -> bool:
        """Sends events in one write; those after a terminal one are dropped.

        Returns True when `drain` is to be awaited before more.
        """
        if self.end is not None or not events:
            return False
        self.has_sent = True
        parts = []
        for event in events:
            if isinstance(event, (Completed, LlmError)):
                self.end = self._signed(event) if isinstance(event, Completed) else event
                parts.append(_frame(self.end))
                break
            parts.append(_frame(event))
        return self._write(b"".join(parts))

    async def drain(self) -> None:
        """Waits while the client is slow; nothing is read from the provider meanwhile."""
        await self._body.drain()

    async def fail(self, error: LlmError) -> None:
        """Ends with `error`: as the refusal where nothing was sent, else as the last event."""
        async with self._opening:
            if not self.response.prepared:
                self.refusal = error
                return
        await self.send([error])

    async def close(self) -> None:
        """Ends the body."""
        if self.response.prepared:
            await self.drain()
            await self.response.write_eof()

    async def open_in_time(self) -> None:
        """Runs beside the answer: opens the stream after a moment, if nobody did."""
        await asyncio.sleep(self._head_wait)
        await self.open()

    def stop(self) -> None:
        """No more pings."""
        if self._pings is not None:
            self._pings.cancel()

    def _ping(self) -> None:
        """Fills silence. A timer, for a task to each stream would hold memory for nothing."""
        if self.end is not None:
            return
        silent = self._loop.time() - self._written_at
        if silent >= self._ping_interval:
            self._write(PING)
            silent = 0.0
        self._pings = self._loop.call_later(self._ping_interval - silent, self._ping)

    def _write(self, data: bytes) -> bool:
        self._written_at = self._loop.time()
        return self._body.write(data)


def _frame(event: LlmEvent) -> bytes:
    return b"event: llm\ndata: %b\n\n" % codec.encode(event)
