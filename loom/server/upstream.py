"""One exchange with a provider: send, wait with limits, read as it comes.

The limits count only time spent waiting for the provider: while Loom's own client is slow nothing
is read and no clock runs.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    DummyCookieJar,
    StreamReader,
    TCPConnector,
)
from aiohttp.client import ClientTimeout
from yarl import URL

from loom.core.errors import ProviderError
from loom.core.llm import LlmError
from loom.http import USER_AGENT, environment_proxy, sendable

log = logging.getLogger("loom.server")

CONNECT_TIMEOUT = 10.0
SETTLE_TIMEOUT = 0.25
MAX_BODY = 64 * 1024 * 1024


def upstream_session() -> ClientSession:
    """The session for everything outside; inside a running loop, and the caller closes it.

    It keeps no cookies (they would pass from one client to another). It says who it is, unless a
    client's own User-Agent is passed on.
    """
    return ClientSession(
        connector=TCPConnector(limit=0),
        cookie_jar=DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
        timeout=ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT),
    )


class Limits(Protocol):
    """How long a provider may be silent, in seconds."""

    @property
    def name(self) -> str:
        """The provider, for messages."""
        ...

    @property
    def timeout_first_byte(self) -> float:
        """Until the first byte of the answer's body."""
        ...

    @property
    def timeout_idle(self) -> float:
        """Between two bytes after that."""
        ...


class Exchange:
    """A request on its way and its answer; `async with` sends it and always lets go of it.

    Redirects are not followed: they would carry the key to a host that nobody configured. A body
    that comes compressed is unpacked.

    Args:
        limits: the provider's settings.

    Raises:
        ProviderError: on entering or reading: the provider cannot be reached, is silent for too
            long (status 504), or broke off.
    """

    def __init__(
        self,
        session: ClientSession,
        limits: Limits,
        url: URL | str,
        *,
        method: str = "POST",
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> None:
        self._session = session
        self._limits = limits
        self._idle = limits.timeout_idle
        self._request = session.request(
            method,
            url,
            data=sendable(body) if body else None,
            headers=headers,
            allow_redirects=False,
            proxy=environment_proxy(url),
        )
        self._loop = asyncio.get_running_loop()
        self._until: float | None = self._loop.time() + limits.timeout_first_byte
        self._waiting_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._answer: ClientResponse | None = None

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout_at(self._until):
                self._answer = await self._request
        except (ClientError, OSError) as error:
            raise self._failed(error) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._unwatch()
        # This closes the connection, unless the answer was read to its end.
        self.answer.release()

    @property
    def answer(self) -> ClientResponse:
        """Status and headers."""
        if self._answer is None:
            raise RuntimeError("not sent yet")
        return self._answer

    async def read(self) -> bytes:
        """The next bytes as they come; empty at the end."""
        content = self.answer.content
        try:
            chunk = content.read_nowait()
            if not chunk and not content.at_eof():
                chunk = await self._awaited(content)
        except (ClientError, OSError) as error:
            raise self._failed(error) from error
        if self._until is not None:
            self._until = None
            self._unwatch()
        return chunk

    async def _awaited(self, content: StreamReader) -> bytes:
        self._waiting_since = self._loop.time()
        if self._timer is None:
            self._watch()
        chunk = await content.readany()
        self._waiting_since = None
        return chunk

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
        with suppress(TimeoutError, ProviderError):
            async with asyncio.timeout(SETTLE_TIMEOUT):
                while await self.read():
                    pass

    def _watch(self) -> None:
        """Ends a wait that is too long, or looks again when it could be.

        One timer for many reads: setting one for each would cost more than the read.
        """
        self._timer = None
        if self._waiting_since is None:
            return
        until = self._until or self._waiting_since + self._idle
        if self._loop.time() < until:
            self._timer = self._loop.call_at(until, self._watch)
        else:
            self.answer.content.set_exception(TimeoutError())

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _failed(self, error: Exception) -> ProviderError:
        if isinstance(error, TimeoutError) and not isinstance(error, ClientError):
            return self._silent()
        name, kind = self._limits.name, type(error).__name__
        log.warning("%s: %s: %s", name, kind, error)
        if self._answer is None:
            text = f"cannot reach {name} ({kind})"
            hint = "Check the network and the base URL on the Loom server; its log says more."
            return ProviderError(LlmError(text, status=502, hint=hint))
        return ProviderError(LlmError(f"{name} broke off the answer", status=502))

    def _silent(self) -> ProviderError:
        limit = self._limits.timeout_first_byte if self._until else self._idle
        text = f"{self._limits.name} sent nothing for {limit:g} seconds"
        return ProviderError(LlmError(text, status=504, hint="Try again, or use another model."))
