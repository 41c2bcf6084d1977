"""One typed client for the server's own answers."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from loom.api.errors import ErrorBody
from loom.api.health import Health
from loom.api.search import SearchRequest, SearchResponse
from loom.core import codec
from loom.core.errors import AuthError, CodecError, LoomError, TooManyRequests
from loom.http import Address, bearer, client_session, why_unreachable
from loom.secrets import Secret

T = TypeVar("T")

TIMEOUT = 10.0
_NO_ROUTE = "It takes a role that you do not have (loom whoami says yours), or a newer server."


class ServerClient:
    """Asks one server; each question is a connection of its own, for these are rare.

    Args:
        token: Loom's token for that server; None asks as a stranger.

    Raises:
        ConfigError: no header can carry the token.
    """

    def __init__(self, address: Address, token: Secret | None, timeout: float = TIMEOUT) -> None:
        self._address = address
        self._headers = {"Authorization": bearer(token)} if token else {}
        self._timeout = timeout

    async def health(self) -> Health:
        """The server and its components, also when it is not well. Raises LoomError."""
        status, body = await self._fetched("GET", "/health")
        if status not in (200, 503):
            raise _refused(status, body)
        return _decoded(body, Health)

    async def search(self, query: str, max_results: int) -> SearchResponse:
        """The web, through the server's search keys.

        Raises:
            AuthError: the token is missing or wrong.
            CodecError: what answers is no Loom server.
            LoomError: the server cannot be reached, has no search key, or its engine failed.
        """
        asked = SearchRequest(query, max_results)
        return await self.ask("POST", "/proxy/search", SearchResponse, asked)

    async def ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: object = None,
        query: Mapping[str, Any] | None = None,
        etag: str = "",
    ) -> T:
        """One request; its answer as `kind`, which is None for an answer without a body.

        Args:
            body: is sent as JSON.
            query: parameters; those that are empty are left out.
            etag: the version that a write is for.

        Raises:
            AuthError: the token is missing or wrong.
            CodecError: what answers is no Loom server.
            LoomError: the server cannot be reached, or it refused.
        """
        asked = None if body is None else codec.encode(body)
        status, answer = await self._fetched(method, path + _query(query), asked, etag)
        if status >= 300:
            raise _refused(status, answer)
        return _decoded(answer or b"null", kind)

    async def download(self, path: str) -> AsyncGenerator[bytes, None]:
        """A long answer, in pieces as they come. Raises as `ask` does."""
        from aiohttp import ClientError

        try:
            async with (
                client_session(self._address, read_timeout=self._timeout) as session,
                session.get(self._address.url + path, headers=self._headers) as answer,
            ):
                if answer.status != 200:
                    raise _refused(answer.status, await answer.read())
                async for piece in answer.content.iter_any():
                    yield piece
        except (ClientError, OSError) as error:
            raise self._unreachable(error) from error

    async def _fetched(
        self, method: str, path: str, asked: bytes | None = None, etag: str = ""
    ) -> tuple[int, bytes]:
        from aiohttp import ClientError

        headers = dict(self._headers)
        if asked is not None:
            headers["Content-Type"] = "application/json"
        if etag:
            headers["If-Match"] = f'"{etag}"'
        try:
            async with (
                client_session(self._address, read_timeout=self._timeout) as session,
                session.request(
                    method, self._address.url + path, headers=headers, data=asked
                ) as answer,
            ):
                return answer.status, await answer.read()
        except (ClientError, OSError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> LoomError:
        text = f"cannot reach the Loom server at {self._address}: {why_unreachable(error)}"
        return LoomError(text, "Check that it runs, and LOOM_SERVER_URL if you set it.")


def _query(parameters: Mapping[str, Any] | None) -> str:
    given = {name: value for name, value in (parameters or {}).items() if value}
    return f"?{urlencode(given)}" if given else ""


def _refused(status: int, body: bytes) -> LoomError:
    error = _decoded(body, ErrorBody)
    if status == 404 and error.message == "Not Found":
        return LoomError("the server has no such thing for you", _NO_ROUTE)
    if status == 429:
        return TooManyRequests(error.message, error.hint, error.retry_after or 0.0)
    return (AuthError if status == 401 else LoomError)(error.message, error.hint)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return codec.decode(body, kind)
    except CodecError as error:
        raise CodecError(f"what answers is no Loom server: {error.message}") from error
