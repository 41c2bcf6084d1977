"""Native wires: the provider's status and headers, then its bytes, with the key swapped."""

import logging
from collections.abc import Iterator, Mapping

from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from loom.core.errors import ProviderError
from loom.core.llm import LlmError
from loom.server.areas import Area
from loom.server.bodies import body_of
from loom.server.deeds import note_llm
from loom.server.direct_body import DirectBody
from loom.server.keys import METRICS, POOL, PROVIDERS, REDACTOR
from loom.server.llm.base import Provider
from loom.server.native import (
    NATIVE_WIRES,
    NativePath,
    NativeWire,
    client_headers,
    fixed_headers,
    upstream_headers,
)
from loom.server.routes.proxy import count_tokens
from loom.server.routing import Access, Route
from loom.server.upstream import Exchange
from loom.server.usage_tap import StreamTap, UsageTap, WholeTap

log = logging.getLogger("loom.server")

MAX_WHOLE = 256 * 1024
"""Bytes of an answer that is taken in whole and sent in one write."""

MAX_ERROR = 1024 * 1024

NOT_PASSED_ON = frozenset({101, 300, 301, 302, 303, 307, 308})
"""Another protocol, or another host: the key goes nowhere but where the operator says."""


class NativeRoute:
    """Serves one path of one wire with the settings that the server started with."""

    def __init__(self, wire: NativeWire, path: NativePath, provider: Provider) -> None:
        settings = provider.settings
        self._path = path
        self._is_configured = provider.is_configured
        self._settings = settings
        self._name = wire.provider
        self._headers = fixed_headers(wire, settings)
        self._is_fixed = "{" not in path.upstream
        self._url = URL(settings.base_url + path.upstream) if self._is_fixed else URL()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Passes the request on and its answer back."""
        self._require_configured()
        request.app[METRICS].proxied.add(1, self._name, "native")
        try:
            async with self._exchange(request, await body_of(request)) as upstream:
                return await self._pass_back(request, upstream)
        except ProviderError as error:
            request.app[METRICS].upstream_errors.add(1, self._name, error.error.kind)
            raise

    def _require_configured(self) -> None:
        if not self._is_configured:
            text = f"the Loom server has no key for {self._name}"
            hint = f"Set LOOM_SERVER_{self._name.upper()}_API_KEY on the server."
            raise ProviderError(LlmError(text, "not_configured", hint=hint))

    def _exchange(self, request: web.Request, body: bytes) -> Exchange:
        return Exchange(
            request.app[POOL],
            self._settings,
            self._target(request),
            method=self._path.method,
            headers=upstream_headers(request.headers, self._headers),
            body=body or None,
        )

    def _target(self, request: web.Request) -> URL:
        url = self._url
        if not self._is_fixed:
            url = URL(self._settings.base_url + self._path.upstream.format_map(request.match_info))
        query = request.rel_url.raw_query_string
        return url.with_query(request.rel_url.query) if query else url

    async def _pass_back(self, request: web.Request, upstream: Exchange) -> web.StreamResponse:
        answer = upstream.answer
        headers = client_headers(answer.headers)
        if answer.status in NOT_PASSED_ON:
            text = f"{self._name} answered with HTTP {answer.status}, which Loom does not follow"
            raise ProviderError(LlmError(text, "invalid_response", status=502))
        if answer.status >= 400:
            return await self._refusal(request, upstream, headers)
        if (answer.content_length or MAX_WHOLE + 1) <= MAX_WHOLE:
            return await self._whole(request, upstream, headers)
        return await self._streamed(request, upstream, headers)

    async def _refusal(
        self, request: web.Request, upstream: Exchange, headers: CIMultiDict[str]
    ) -> web.Response:
        """An error as the provider wrote it; some quote the key, so the redactor reads it."""
        body = await upstream.body(MAX_ERROR)
        text = body.decode("utf-8", "surrogateescape")
        clean = request.app[REDACTOR].redact(text)
        if clean != text:
            body = clean.encode("utf-8", "surrogateescape")
        headers.popall("Content-Length", None)
        request.app[METRICS].upstream_errors.add(1, self._name, str(upstream.answer.status))
        return web.Response(body=body, status=upstream.answer.status, headers=headers)

    async def _whole(
        self, request: web.Request, upstream: Exchange, headers: CIMultiDict[str]
    ) -> web.Response:
        body = await upstream.body()
        tap = WholeTap()
        tap.watch(body)
        self._count(request, tap)
        return web.Response(body=body, status=upstream.answer.status, headers=headers)

    async def _streamed(
        self, request: web.Request, upstream: Exchange, headers: CIMultiDict[str]
    ) -> web.StreamResponse:
        is_events = upstream.answer.content_type == "text/event-stream"
        tap = StreamTap(self._path.ends) if is_events else WholeTap()
        out = web.StreamResponse(status=upstream.answer.status, headers=headers)
        body = DirectBody(request, out)

        def write(data: bytes) -> bool:
            tap.watch(data)
            return body.write(data)

        await body.open(_watched(tap, upstream.ready()))
        streams = request.app[METRICS].streams
        streams.add(1, self._name)
        try:
            await upstream.pour(write, body.drain)
            if not tap.is_ended:
                raise ProviderError(LlmError(f"{self._name} ended the stream without its end"))
        except ProviderError as error:
            log.warning("%s", error.message)
            note_llm(request, failure=error.error.kind)
            request.app[METRICS].upstream_errors.add(1, self._name, error.error.kind)
            _cut_off(request)
        finally:
            streams.add(-1, self._name)
            self._count(request, tap)
        return out

    def _count(self, request: web.Request, tap: UsageTap) -> None:
        tap.close()
        if tap.usage.context_tokens:
            count_tokens(request, self._name, tap.model or "unknown", tap.usage)


def _watched(tap: UsageTap, data: bytes) -> bytes:
    tap.watch(data)
    return data


def _cut_off(request: web.Request) -> None:
    """Breaks the client's connection, so that it cannot take a part for the whole.

    What was written still goes out; the missing last chunk tells. A body that is ended by the
    connection's end has no such sign, so there the connection is reset.
    """
    if request.transport is None:
        return
    if request.version < (1, 1):
        request.transport.abort()
    else:
        request.transport.close()


def native_routes(providers: Mapping[str, Provider]) -> Iterator[Route]:
    """The table of every native wire whose provider there is."""
    for wire in NATIVE_WIRES:
        if provider := providers.get(wire.provider):
            for path in wire.paths:
                yield Route(
                    path.method,
                    f"/proxy/{wire.provider}{path.path}",
                    NativeRoute(wire, path, provider).serve,
                    Access.SIGNED_IN,
                    wire.provider,
                    scope="llm:use",
                )


AREA = Area(lambda app: native_routes(app[PROVIDERS]))
