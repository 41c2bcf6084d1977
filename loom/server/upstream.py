"""One exchange with a provider: send, wait with limits, read as it comes.

The limits count only time spent waiting for the provider: while Loom's own client is slow nothing
is read and no clock runs.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

from loom.core.errors import ProviderError
from loom.core.llm import LlmError
from loom.server.limits import Limits
from loom.server.outbound.answer import Answer, Write
from loom.server.outbound.pool import Pool
from loom.server.outbound.request import request_head
from loom.server.outbound.target import Target
from loom.server.outbound.unpack import Unpacker
from loom.server.upstream_errors import endless, failed, silent

log = logging.getLogger("loom.server")

SETTLE_TIMEOUT = 0.25
MAX_BODY = 64 * 1024 * 1024


class Exchange:
    """A request on its way and its answer; `async with` sends it and always lets go of it.

    Redirects are not followed: they would carry the key to a host that nobody configured. A body
    that comes compressed is unpacked. A request is sent a second time only when a connection that
    had idled was closed without a byte: then, as far as can be told, nobody read the first
    (RFC 9112 §9.3.1).

    Args:
        limits: the provider's settings.
        head: of the request, made for `target`.

    Raises:
        ProviderError: on entering or reading: the provider cannot be reached, is silent for too
            long or has not ended in time (status 504), or broke off.
    """

    __slots__ = (
        "_answer",
        "_began_at",
        "_body",
        "_ends_at",
        "_head",
        "_is_lost",
        "_is_watched",
        "_limits",
        "_loop",
        "_origin",
        "_pool",
        "_unpacker",
        "_until",
        "_waiting_since",
    )

    def __init__(
        self,
        pool: Pool,
        limits: Limits,
        target: Target,
        head: bytes,
        body: bytes = b"",
    ) -> None:
        self._pool = pool
        self._limits = limits
        self._origin = target.origin
        self._head = head
        self._body = body
        self._loop = pool.loop
        now = self._began_at = self._loop.time()
        self._until = now + limits.timeout_first_byte
        self._ends_at = now + limits.timeout_answer
        self._waiting_since: float | None = None
        self._is_watched = False
        self._answer: Answer | None = None
        self._unpacker: Unpacker | None = None
        self._is_lost = False

    async def __aenter__(self) -> Self:
        try:
            await self._sent()
            self._require_readable()
        except OSError as error:
            self._let_go()
            raise self._failed(error) from error
        except BaseException:
            self._let_go()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._let_go()

    @property
    def answer(self) -> Answer:
        """Status and headers."""
        if self._answer is None:
            raise RuntimeError("not sent yet")
        return self._answer

    @property
    def may_cost(self) -> bool:
        """The provider has the request, and neither refused it nor was lost without a word."""
        status = -1 if self._answer is None else self._answer.status
        return 200 <= status < 300 or (status == 0 and not self._is_lost)

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self._loop.time() - self._began_at

    async def read(self) -> bytes:
        """The next bytes as they come; empty at the end."""
        try:
            if self._unpacker is None:
                return await self._raw()
            return await self._unpacked(self._unpacker)
        except OSError as error:
            raise self._failed(error) from error

    def ready(self) -> bytes:
        """What of the body is there already; empty also where it must be unpacked first."""
        return self.answer.taken() if self._unpacker is None else b""

    async def pour(
        self,
        write: Write,
        drain: Callable[[], Awaitable[None]],
        is_enough: Callable[[], bool] = lambda: False,
    ) -> None:
        """Hands the bytes to `write` the moment they come, to the end; no task wakes for them.

        Args:
            write: returns True when it wants no more for now.
            drain: awaited then; nothing is read meanwhile.
            is_enough: asked then; the rest of the answer is not wanted.
        """
        while not await self._poured(write) and not is_enough():
            await drain()

    async def body(self, limit: int = MAX_BODY) -> bytes:
        """Everything to the end. Raises ProviderError also when it is over `limit` bytes."""
        parts, size = [], 0
        while chunk := await self.read():
            parts.append(chunk)
            size += len(chunk)
            if size > limit:
                text = f"{self._limits.name} sent more than {limit:,} bytes"
                raise ProviderError(LlmError(text, "invalid_response"))
        return b"".join(parts)

    async def settle(self) -> None:
        """Takes in the answer's last bytes, so that the connection can serve the next request."""
        if self.answer.is_whole:
            return
        timer = self._loop.call_later(SETTLE_TIMEOUT, self.answer.drop)
        try:
            await self.answer.pour(_drop)
        except OSError as error:
            log.debug("%s: %s", self._limits.name, error)
        finally:
            timer.cancel()

    async def _sent(self) -> None:
        kept = self._pool.idle(self._origin)
        if kept is not None:
            answer = self._answer = kept.send(self._head, self._body)
            try:
                await self._head_of(answer)
                return
            except ConnectionError:
                if answer.has_begun:
                    raise
        async with asyncio.timeout_at(self._until):
            fresh = await self._pool.fresh(self._origin)
        self._answer = fresh.send(self._head, self._body)
        await self._head_of(self._answer)

    async def _head_of(self, answer: Answer) -> None:
        self._wait()
        while not answer.status:
            await answer.changed()
        self._waiting_since = None
        # A long stream is not to hold its prompt.
        self._body = self._head = b""

    def _require_readable(self) -> None:
        headers = self.answer.headers
        coding = (
            headers["Content-Encoding"].strip().lower() if "Content-Encoding" in headers else ""
        )
        if coding and coding != "identity":
            self._unpacker = Unpacker(coding)

    async def _raw(self) -> bytes:
        answer = self.answer
        if data := answer.taken():
            return data
        self._wait()
        data = await answer.read()
        self._waiting_since = None
        return data

    async def _unpacked(self, unpacker: Unpacker) -> bytes:
        while True:
            raw = b"" if unpacker.has_more else await self._raw()
            if not raw and not unpacker.has_more:
                unpacker.finish()
                return b""
            if data := unpacker.unpack(raw):
                return data

    async def _poured(self, write: Write) -> bool:
        """Whether that was all."""
        if self._unpacker is not None:
            while (data := await self.read()) and not write(data):
                pass
            return not data
        try:
            self._wait()
            return await self.answer.pour(write)
        except OSError as error:
            raise self._failed(error) from error
        finally:
            self._waiting_since = None

    def _wait(self) -> None:
        now = self._waiting_since = self._loop.time()
        if not self._is_watched:
            self._is_watched = True
            # The first byte, should it come meanwhile, begins the other limit.
            soon = min(self._until, self._ends_at, now + self._limits.timeout_idle)
            self._pool.deadlines.add(self, soon)

    def look(self, now: float) -> float:
        """Ends a wait that is too long; when the next one could be."""
        idle, until = self._limits.timeout_idle, self._until
        if self._waiting_since is None:
            return now + idle
        if seen := self.answer.received_at:
            until = max(self._waiting_since, seen) + idle
        # A byte now and then would hold the line for ever.
        until = min(until, self._ends_at)
        if now >= until:
            self._pool.deadlines.discard(self)
            self.answer.fail(TimeoutError())
        return min(until, now + idle) if now < until else now + idle

    def _let_go(self) -> None:
        """Closes the connection, unless the answer came to its end."""
        self._pool.deadlines.discard(self)
        if self._answer is not None:
            self._answer.drop()

    def _failed(self, error: OSError) -> ProviderError:
        answer, limits = self._answer, self._limits
        if isinstance(error, TimeoutError):
            if self._loop.time() >= self._ends_at:
                return endless(limits.name, limits.timeout_answer)
            is_begun = answer is not None and answer.received_at > 0
            limit = limits.timeout_idle if is_begun else limits.timeout_first_byte
            return silent(limits.name, limit)
        self._is_lost = True
        return failed(limits.name, error, has_answered=answer is not None and answer.status > 0)


def exchange_at(
    pool: Pool,
    limits: Limits,
    url: str,
    *,
    method: str = "POST",
    headers: Mapping[str, str],
    body: bytes = b"",
) -> Exchange:
    """An Exchange by its URL and headers. Raises ValueError as `request_head` does."""
    target = pool.target(url)
    return Exchange(pool, limits, target, request_head(method, target, headers, body), body)


def _drop(data: bytes) -> bool:
    """Takes whatever comes."""
    return False
