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
from multidict import CIMultiDict

from loom.core import codec
from loom.core.errors import CodecError, ProviderError
from loom.core.llm import Completed, LlmError, LlmRequest, LlmResponse
from loom.log import request_id
from loom.server.accounting import Bill, billed, warning
from loom.server.areas import Area
from loom.server.asked import Asked
from loom.server.bodies import body_of
from loom.server.deeds import CLIENT_GONE
from loom.server.errors import Refused, error_response
from loom.server.event_stream import EventStream
from loom.server.keys import ACCOUNTS, CONFIG, METRICS, POOL, PROVIDERS, REDACTOR
from loom.server.llm.base import (
    LocalProvider,
    Provider,
    StreamDecoder,
    UpstreamProvider,
    UpstreamRequest,
)
from loom.server.llm.claude_request import DEFAULT_MAX_TOKENS
from loom.server.local_answers import collected, played
from loom.server.prompt import Prompt
from loom.server.provider_pool.turn import Turn
from loom.server.routing import Access, Route
from loom.server.spending.prices import NANO
from loom.server.upstream import Exchange, exchange_at
from loom.server.whole_answer import EVERYTHING, whole_answer

log = logging.getLogger("loom.server")

_JSON = CIMultiDict({"Content-Type": "application/json"})
_IDENTITY = {"Accept-Encoding": "identity"}
_BYTES_PER_TOKEN = {"chat": 150, "responses": 120}
"""By wire, of a stream whose tokens have to be reckoned."""


async def complete(request: web.Request) -> web.StreamResponse:
    """One whole answer as LlmResponse."""
    provider, prompt, bill = await _parsed(request)
    with bill:
        if isinstance(provider, LocalProvider):
            with _asked(request, provider):
                response = await collected(provider, prompt.value)
        else:
            response = await _fetched(request, bill, prompt.value)
        body = codec.encode(_charged(bill, response))
        return whole_answer(request, 200, _JSON, EVERYTHING, body)


async def stream(request: web.Request) -> web.StreamResponse:
    """One answer as it is written, in `event: llm` events; exactly one of them is terminal."""
    provider, prompt, bill = await _parsed(request)
    config, name = request.app[CONFIG], provider.settings.name
    metrics = request.app[METRICS]
    with bill:
        out = EventStream(
            request,
            config.head_wait,
            config.ping_interval,
            lambda end: Completed(_charged(bill, end.response)),
        )
        metrics.streams.add(1, name)
        try:
            async with asyncio.TaskGroup() as tasks:
                opening = tasks.create_task(out.open_in_time())
                await _answer(request, provider, bill, prompt, out)
                opening.cancel()
        except* ConnectionError:
            log.info("the client went away")
        finally:
            out.stop()
            metrics.streams.add(-1, name)
        _end(out, bill)
    if out.refusal is not None:
        return error_response(ProviderError(out.refusal), "loom", request.app[REDACTOR])
    return out.response


async def _parsed(request: web.Request) -> tuple[Provider, Prompt[LlmRequest], Bill]:
    name = request.match_info["provider"]
    provider = request.app[PROVIDERS].get(name)
    if provider is None:
        raise Refused(404, "not_found", f"no provider is called {name!r}")
    body = await body_of(request)
    try:
        asked: LlmRequest = codec.decode(body, LlmRequest)
    except CodecError as error:
        raise Refused(400, "invalid_request", f"not an LlmRequest: {error.message}") from error
    bill = billed(request, name, _weighed(provider, asked, body), "loom", body)
    return provider, Prompt(asked), bill


def _weighed(provider: Provider, asked: LlmRequest, body: bytes) -> Asked:
    model = provider.settings.model if asked.model in ("", "default") else asked.model
    limit = asked.max_tokens or (DEFAULT_MAX_TOKENS if model.startswith("claude") else None)
    return Asked(model, limit, size=len(body), thread=asked.thread_id)


def _charged(bill: Bill, response: LlmResponse) -> LlmResponse:
    """The answer with what it cost, where that is known, and what its budget has to say."""
    bill.answered(response.message.model, response.usage)
    cost = bill.cost(response.usage)
    return with_fields(
        response,
        cost_usd=None if cost is None else cost / NANO,
        notice=warning(bill),
    )


def _end(out: EventStream, bill: Bill) -> None:
    """Puts on the bill how the stream ended."""
    end = out.refusal or out.end
    if isinstance(end, LlmError):
        bill.fail(end)
    elif end is None:
        bill.status = CLIENT_GONE


async def _answer(
    request: web.Request,
    provider: Provider,
    bill: Bill,
    prompt: Prompt[LlmRequest],
    out: EventStream,
) -> None:
    """Fills `out` to its end, whatever happens on the way."""
    try:
        if isinstance(provider, LocalProvider):
            with _asked(request, provider):
                await played(provider, prompt.value, out)
        else:
            await _relay(request, bill, prompt, out)
    except ProviderError as error:
        await out.fail(_signed(error.error))
    except ConnectionError:
        raise
    except Exception:  # the server's outer edge, as in `answer_errors`: the stream must end
        log.exception("the stream from %s failed", provider.settings.name)
        await out.fail(_signed(LlmError("The server failed; its log has the details.")))


async def _relay(
    request: web.Request, bill: Bill, prompt: Prompt[LlmRequest], out: EventStream
) -> None:
    with _turn(request, bill) as turn:
        while True:
            provider = await _next(turn, bill)
            try:
                upstream, wire = await _begun(request, bill, provider, prompt)
                with _asked(request, provider):
                    async with upstream:
                        await _require_ok(provider, upstream)
                        turn.succeeded()
                        await out.open()
                        decoder = provider.decoder(wire)
                        await _pass_on(bill, upstream, decoder, prompt, out)
                        if isinstance(out.end, LlmError):
                            _count_failure(request, provider, out.end)
                            turn.broke(out.end)
                        await out.close()
                        await upstream.settle()
                return
            except ProviderError as error:
                if out.has_sent:
                    turn.broke(error.error)
                    raise
                if not turn.failed(error.error):
                    raise
                request.app[METRICS].failovers.add(1, bill.spender.provider)


async def _begun(
    request: web.Request, bill: Bill, provider: UpstreamProvider, prompt: Prompt[LlmRequest]
) -> tuple[Exchange, str]:
    """The exchange and its wire; of what was prepared nothing else is kept."""
    prepared = await provider.prepare(prompt.value, stream=True)
    bill.bytes_per_token = _BYTES_PER_TOKEN.get(prepared.wire, bill.bytes_per_token)
    return _exchange(request, bill, provider, prepared), prepared.wire


async def _pass_on(
    bill: Bill,
    upstream: Exchange,
    decoder: StreamDecoder,
    prompt: Prompt[LlmRequest],
    out: EventStream,
) -> None:
    def write(chunk: bytes) -> bool:
        bill.size += len(chunk)
        is_full = out.put(decoder.feed(chunk))
        bill.usage = decoder.usage
        if out.has_sent:
            # No other account will be asked.
            prompt.drop()
        return is_full or decoder.is_finished

    await upstream.pour(write, out.drain, lambda: decoder.is_finished)
    await out.send(decoder.finish())


async def _fetched(request: web.Request, bill: Bill, asked: LlmRequest) -> LlmResponse:
    with _turn(request, bill) as turn:
        while True:
            provider = await _next(turn, bill)
            try:
                prepared = await provider.prepare(asked, stream=False)
                with _asked(request, provider):
                    async with _exchange(request, bill, provider, prepared) as upstream:
                        await _require_ok(provider, upstream)
                        turn.succeeded()
                        return provider.response(await upstream.body(), prepared.wire)
            except ProviderError as error:
                if not turn.failed(error.error):
                    raise
                request.app[METRICS].failovers.add(1, bill.spender.provider)


def _turn(request: web.Request, bill: Bill) -> Turn:
    pool = request.app[ACCOUNTS][bill.spender.provider]
    return Turn(pool, bill.spender.model, bill.asked.thread)


async def _next(turn: Turn, bill: Bill) -> UpstreamProvider:
    """The provider with the key of the account that is asked now."""
    account = await turn.account()
    bill.account = account.name
    return account.upstream


def _exchange(
    request: web.Request, bill: Bill, provider: UpstreamProvider, prepared: UpstreamRequest
) -> Exchange:
    bill.exchange = exchange_at(
        request.app[POOL],
        provider.settings,
        prepared.url,
        headers={**prepared.headers, **_IDENTITY},
        body=prepared.body,
    )
    return bill.exchange


async def _require_ok(provider: UpstreamProvider, upstream: Exchange) -> None:
    answer = upstream.answer
    if answer.status != 200:
        raise ProviderError(provider.error(answer.status, answer.headers, await upstream.body()))


def _signed(error: LlmError) -> LlmError:
    """`error` with our request id, which finds the provider's in the log."""
    return with_fields(error, request_id=request_id.get())


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
