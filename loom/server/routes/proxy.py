"""Loom's own wire: `POST /proxy/{provider}/complete` and `/proxy/{provider}/stream`.

The hot path. Each upstream event is decoded once and encoded once; the events of one upstream
chunk leave in one write.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web
from msgspec.structs import replace as with_fields

from loom.core import codec
from loom.core.errors import CodecError, ProviderError
from loom.core.llm import Completed, LlmError, LlmRequest, LlmResponse
from loom.core.messages import Usage
from loom.log import request_id
from loom.server.areas import Area
from loom.server.bodies import body_of
from loom.server.deeds import note_llm
from loom.server.errors import Refused, error_response
from loom.server.event_stream import EventStream
from loom.server.keys import CONFIG, METRICS, POOL, PROVIDERS, REDACTOR
from loom.server.llm.base import LocalProvider, Provider, UpstreamProvider, UpstreamRequest
from loom.server.routing import Access, Route
from loom.server.upstream import Exchange

log = logging.getLogger("loom.server")

_IDENTITY = {"Accept-Encoding": "identity"}


async def complete(request: web.Request) -> web.Response:
    """One whole answer as LlmResponse."""
    provider, asked = await _parsed(request)
    if isinstance(provider, LocalProvider):
        with _asked(request, provider):
            response = await _collected(provider, asked)
    else:
        response = await _fetched(request, provider, asked)
    _count(request, provider, response)
    return web.Response(body=codec.encode(response), content_type="application/json")


async def stream(request: web.Request) -> web.StreamResponse:
    """One answer as it is written, in `event: llm` events; exactly one of them is terminal."""
    provider, asked = await _parsed(request)
    config, name = request.app[CONFIG], provider.settings.name
    out = EventStream(request, config.head_wait, config.ping_interval)
    metrics = request.app[METRICS]
    metrics.streams.add(1, name)
    try:
        async with asyncio.TaskGroup() as tasks:
            pings = tasks.create_task(out.ping())
            await _answer(request, provider, asked, out)
            pings.cancel()
    except* ConnectionError:
        log.info("the client went away")
    finally:
        metrics.streams.add(-1, name)
    if out.refusal is not None:
        return error_response(ProviderError(out.refusal), "loom", request.app[REDACTOR])
    return out.response


async def _parsed(request: web.Request) -> tuple[Provider, LlmRequest]:
    name = request.match_info["provider"]
    provider = request.app[PROVIDERS].get(name)
    if provider is None:
        raise Refused(404, "not_found", f"no provider is called {name!r}")
    try:
        asked: LlmRequest = codec.decode(await body_of(request), LlmRequest)
    except CodecError as error:
        raise Refused(400, "invalid_request", f"not an LlmRequest: {error.message}") from error
    note_llm(request, model=asked.model)
    return provider, asked


async def _answer(
    request: web.Request, provider: Provider, asked: LlmRequest, out: EventStream
) -> None:
    """Fills `out` to its end, whatever happens on the way."""
    try:
        if isinstance(provider, LocalProvider):
            with _asked(request, provider):
                await _play(provider, asked, out)
        else:
            await _relay(request, provider, asked, out)
    except ProviderError as error:
        await out.fail(_signed(error.error))
    except ConnectionError:
        raise
    except Exception:  # the server's outer edge, as in `answer_errors`: the stream must end
        log.exception("the stream from %s failed", provider.settings.name)
        await out.fail(_signed(LlmError("The server failed; its log has the details.")))
    if isinstance(out.end, Completed):
        _count(request, provider, out.end.response)


async def _play(provider: LocalProvider, asked: LlmRequest, out: EventStream) -> None:
    await out.open()
    async for event in provider.answer(asked):
        await out.send([event])
    if out.end is None:
        raise ProviderError(_unended(provider))
    await out.close()


async def _relay(
    request: web.Request, provider: UpstreamProvider, asked: LlmRequest, out: EventStream
) -> None:
    prepared = await provider.prepare(asked, stream=True)
    with _asked(request, provider):
        await _pass_on(request, provider, prepared, out)


async def _pass_on(
    request: web.Request, provider: UpstreamProvider, prepared: UpstreamRequest, out: EventStream
) -> None:
    async with _exchange(request, provider, prepared) as upstream:
        await _require_ok(provider, upstream)
        await out.open()
        decoder = provider.decoder(prepared.wire)

        def write(chunk: bytes) -> bool:
            is_full = out.put(decoder.feed(chunk))
            return is_full or decoder.is_finished

        await upstream.pour(write, out.drain, lambda: decoder.is_finished)
        await out.send(decoder.finish())
        if isinstance(out.end, LlmError):
            _count_failure(request, provider, out.end)
        await out.close()
        await upstream.settle()


async def _fetched(
    request: web.Request, provider: UpstreamProvider, asked: LlmRequest
) -> LlmResponse:
    prepared = await provider.prepare(asked, stream=False)
    with _asked(request, provider):
        async with _exchange(request, provider, prepared) as upstream:
            await _require_ok(provider, upstream)
            return provider.response(await upstream.body(), prepared.wire)


async def _collected(provider: LocalProvider, asked: LlmRequest) -> LlmResponse:
    async for event in provider.answer(asked):
        if isinstance(event, Completed):
            return event.response
        if isinstance(event, LlmError):
            raise ProviderError(event)
    raise ProviderError(_unended(provider))


def _unended(provider: LocalProvider) -> LlmError:
    return LlmError(f"{provider.settings.name} ended without an answer")


def _exchange(
    request: web.Request, provider: UpstreamProvider, prepared: UpstreamRequest
) -> Exchange:
    return Exchange(
        request.app[POOL],
        provider.settings,
        prepared.url,
        headers={**prepared.headers, **_IDENTITY},
        body=prepared.body,
    )


async def _require_ok(provider: UpstreamProvider, upstream: Exchange) -> None:
    answer = upstream.answer
    if answer.status != 200:
        raise ProviderError(provider.error(answer.status, answer.headers, await upstream.body()))


def _signed(error: LlmError) -> LlmError:
    """`error` with our request id, which finds the provider's in the log."""
    return with_fields(error, request_id=request_id.get())


def _count(request: web.Request, provider: Provider, response: LlmResponse) -> None:
    name, model = provider.settings.name, response.message.model or "unknown"
    count_tokens(request, name, model, response.usage)


def count_tokens(request: web.Request, provider: str, model: str, usage: Usage) -> None:
    """Adds an answer's tokens to the metrics, each kind on its own, and to its audit line."""
    note_llm(
        request,
        model=model,
        input_tokens=usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
    )
    tokens = request.app[METRICS].tokens
    tokens.add(usage.input_tokens, provider, model, "input")
    tokens.add(usage.output_tokens, provider, model, "output")
    if usage.cache_read_tokens:
        tokens.add(usage.cache_read_tokens, provider, model, "cache_read")
    if usage.cache_write_tokens:
        tokens.add(usage.cache_write_tokens, provider, model, "cache_write")


@contextmanager
def _asked(request: web.Request, provider: Provider) -> Iterator[None]:
    """Counts a request to a provider and its failure; what comes before is not the provider's."""
    request.app[METRICS].proxied.add(1, provider.settings.name, "loom")
    try:
        yield
    except ProviderError as error:
        _count_failure(request, provider, error.error)
        raise


def _count_failure(request: web.Request, provider: Provider, error: LlmError) -> None:
    name = provider.settings.name
    note_llm(request, failure=error.kind)
    request.app[METRICS].upstream_errors.add(1, name, error.kind)
    log.warning(
        "%s: %s", name, error.message, extra={"kind": error.kind, "upstream_id": error.request_id}
    )


ROUTES = (
    Route(
        "POST",
        "/proxy/{provider}/complete",
        complete,
        Access.SIGNED_IN,
        scope="llm:use",
        takes=LlmRequest,
        gives=LlmResponse,
    ),
    Route(
        "POST",
        "/proxy/{provider}/stream",
        stream,
        Access.SIGNED_IN,
        scope="llm:use",
        takes=LlmRequest,
    ),
)

AREA = Area(lambda app: ROUTES)
