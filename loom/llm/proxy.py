"""A model, reached through a Loom server: requests out, LlmEvents in.

The wire: `POST /proxy/{provider}/stream` answers `event: llm` with an LlmEvent as data, and
comments as pings; `POST /proxy/{provider}/complete` answers an LlmResponse; whatever is not 200
carries `{"error": kind, "message", "retry_after"?, "hint"?, "request_id"?}`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from loom.api.sse import SseParser
from loom.core import codec
from loom.core.errors import CodecError, LoomError, ProviderError
from loom.core.llm import Completed, LlmError, LlmEvent, LlmRequest, LlmResponse
from loom.http import (
    Address,
    bearer,
    client_session,
    parse_address,
    sendable,
    why_unreachable,
)
from loom.llm.refusal import refusal
from loom.secrets import Secret

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

IDLE_TIMEOUT = 45.0
"""Seconds without a byte from the server, which pings every 10 seconds."""

COMPLETE_TIMEOUT = 600.0
"""Seconds that an unstreamed answer, which has no pings, may take."""

_KNOWN = frozenset({"text_delta", "thinking_delta", "tool_call_delta", "completed", "error"})
_JSON = {"Content-Type": "application/json"}


class _Models(Struct):
    models: list[dict[str, Any]] = []


class _Kind(Struct):
    type: str


class ProxyModel:
    """Asks models through the server that `find` names, on connections that it keeps.

    Args:
        find: yields the server's address and Loom's token for it; awaited once, at the first
            request, so the server may still be starting.
        idle_timeout: seconds without a byte after which a stream is given up.
    """

    def __init__(
        self,
        find: Callable[[], Awaitable[tuple[str, Secret]]],
        *,
        idle_timeout: float = IDLE_TIMEOUT,
        complete_timeout: float = COMPLETE_TIMEOUT,
    ) -> None:
        self._find = find
        self._idle_timeout = idle_timeout
        self._complete_timeout = complete_timeout
        self._address = Address("")
        self._session: ClientSession | None = None

    @classmethod
    def at(cls, address: str, token: Secret, *, idle_timeout: float = IDLE_TIMEOUT) -> "ProxyModel":
        """The model behind a server that is already known (`loom.http.parse_address`)."""

        async def find() -> tuple[str, Secret]:
            return address, token

        return cls(find, idle_timeout=idle_timeout)

    async def close(self) -> None:
        """Closes the connections; the model may be used again afterwards."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def stream(self, provider: str, request: LlmRequest) -> AsyncIterator[LlmEvent]:
        """One answer as it is written: deltas, then exactly one Completed or LlmError.

        Nothing is raised for a failure; it is the LlmError. Cancelling, or closing the iterator
        (`contextlib.aclosing`), closes the connection, and with it the provider's.
        """
        from aiohttp import ClientError

        try:
            body = codec.encode(request)
            response = await self._send(
                "POST", f"/proxy/{provider}/stream", body, self._idle_timeout
            )
        except (ClientError, TimeoutError, OSError, LoomError) as error:
            yield self._unreachable(error)
            return
        try:
            async for event in self._events(response):
                yield event
        finally:
            response.close()

    async def complete(self, provider: str, request: LlmRequest) -> LlmResponse:
        """One whole answer. Raises ProviderError."""
        body = await self._body("POST", f"/proxy/{provider}/complete", codec.encode(request))
        try:
            response: LlmResponse = codec.decode(body, LlmResponse)
            return response
        except CodecError as error:
            raise ProviderError(_not_loom(str(error))) from error

    async def models(self) -> list[dict[str, Any]]:
        """Rows of `provider`, `model`, `is_configured`, `is_default`. Raises ProviderError."""
        body = await self._body("GET", "/api/models", b"")
        try:
            listing: _Models = codec.decode(body, _Models)
            return listing.models
        except CodecError as error:
            raise ProviderError(_not_loom(str(error))) from error

    async def _events(self, response: "ClientResponse") -> AsyncIterator[LlmEvent]:
        """The answer's events up to the terminal one, which is made up where the wire has none."""
        from aiohttp import ClientError

        try:
            if response.status != 200:
                yield refusal(response.status, response.headers, await response.read())
                return
            if response.content_type != "text/event-stream":
                yield _not_loom(f"it answered with {response.content_type or 'no content type'}")
                return
            async for event in _decoded(response):
                yield event
                if isinstance(event, (Completed, LlmError)):
                    return
        except (TimeoutError, ClientError, OSError) as error:
            yield self._broken(error)
        except CodecError as error:
            yield _not_loom(str(error))
        else:
            yield LlmError("The Loom server closed the stream before the answer was complete.")

    async def _body(self, method: str, path: str, body: bytes) -> bytes:
        from aiohttp import ClientError

        try:
            async with await self._send(method, path, body, self._complete_timeout) as response:
                data = await response.read()
        except (ClientError, TimeoutError, OSError, LoomError) as error:
            raise ProviderError(self._unreachable(error)) from error
        if response.status != 200:
            raise ProviderError(refusal(response.status, response.headers, data))
        return data

    async def _send(
        self, method: str, path: str, body: bytes, read_timeout: float
    ) -> "ClientResponse":
        from aiohttp import ClientTimeout

        session = self._session or await self._connect()
        timeout = ClientTimeout(total=None, sock_connect=10.0, sock_read=read_timeout)
        return await session.request(
            method,
            self._address.url + path,
            data=sendable(body) if body else None,
            headers=_JSON if body else None,
            timeout=timeout,
            allow_redirects=False,
        )

    async def _connect(self) -> "ClientSession":
        text, token = await self._find()
        if self._session is None:
            self._address, authorization = parse_address(text), bearer(token)
            self._session = client_session(self._address)
            self._session.headers["Authorization"] = authorization
        return self._session

    def _unreachable(self, error: Exception) -> LlmError:
        if isinstance(error, TimeoutError):
            return self._broken(error)
        if isinstance(error, LoomError):
            return LlmError(error.message, "not_configured", hint=error.hint)
        return LlmError(
            f"Cannot reach the Loom server at {self._address}: {why_unreachable(error)}",
            hint="Check that it runs, and LOOM_SERVER_URL if you set it.",
        )

    def _broken(self, error: Exception) -> LlmError:
        if isinstance(error, TimeoutError):
            return LlmError(f"The Loom server at {self._address} has gone silent.")
        return LlmError(f"The connection to the Loom server broke: {error or type(error).__name__}")


async def _decoded(response: "ClientResponse") -> AsyncIterator[LlmEvent]:
    parser = SseParser()
    async for chunk in response.content.iter_any():
        for name, data in parser.feed(chunk):
            if name == "llm" and (event := _event(data)) is not None:
                yield event


def _event(data: bytes) -> LlmEvent | None:
    """The event, or None for one of a newer server. Raises CodecError."""
    try:
        return codec.decode_llm_event(data)
    except CodecError:
        kind: _Kind = codec.decode(data, _Kind)
        if kind.type in _KNOWN:
            raise
        return None


def _not_loom(detail: str) -> LlmError:
    return LlmError(
        f"The server does not speak Loom's protocol: {detail}",
        "invalid_response",
        hint="Check LOOM_SERVER_URL, and that client and server are of like versions.",
    )
