"""Loom's own wire: `POST /proxy/{provider}/complete` and `/proxy/{provider}/stream`.

The hot path. Each upstream event is decoded once and encoded once; the events of one upstream
chunk leave in one write.
"""

import asyncio
import logging

from aiohttp import web
from msgspec.structs import replace as with_fields
from multidict import CIMultiDict

from loom.core import codec
from loom.core.errors import ProviderError
from loom.core.llm import Completed, LlmError, LlmRequest, LlmResponse
from loom.log import request_id
from loom.server.accounting import Bill
from loom.server.areas import Area
from loom.server.deeds import CLIENT_GONE
from loom.server.errors import error_response
from loom.server.event_stream import EventStream
from loom.server.keys import CONFIG, REDACTOR
from loom.server.llm.base import (
    LocalProvider,
    Provider,
    StreamDecoder,
    UpstreamProvider,
)
from loom.server.local_answers import collected, played
from loom.server.own_wire import (
    asking,
    charged,
    count_failure,
    exchange_of,
    next_provider,
    parsed,
    require_ok,
    turn_of,
)
from loom.server.prompt import Prompt
from loom.server.routing import Access, Route
from loom.server.upstream import Exchange
from loom.server.whole_answer import EVERYTHING, whole_answer

log = logging.getLogger("loom.server")

_JSON = CIMultiDict({"Content-Type": "application/json"})
_BYTES_PER_TOKEN = {"chat": 150, "responses": 120}
"""By wire, of a stream whose tokens have to be reckoned."""


async def complete(request: web.Request) -> web.StreamResponse:
    """One whole answer as LlmResponse."""
    provider, prompt, bill = await parsed(request)
    with bill:
        if isinstance(provider, LocalProvider):
            with asking(bill, provider):
                response = await collected(provider, prompt.value)
        else:
            response = await _fetched(bill, prompt.value)
        body = codec.encode(charged(bill, response))
        return whole_answer(request, 200, _JSON, EVERYTHING, body)


async def stream(request: web.Request) -> web.StreamResponse:
    """One answer as it is written, in `event: llm` events; exactly one of them is terminal."""
    provider, prompt, bill = await parsed(request)
    config, name = request.app[CONFIG], provider.settings.name
    metrics = bill.desk.metrics
    with bill:
        out = EventStream(
            request,
            config.head_wait,
            config.ping_interval,
            lambda end: Completed(charged(bill, end.response)),
        )
        metrics.streams.add(1, name)
        try:
            async with asyncio.TaskGroup() as tasks:
                opening = tasks.create_task(out.open_in_time())
                await _answer(provider, bill, prompt, out)
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


def _end(out: EventStream, bill: Bill) -> None:
    """Puts on the bill how the stream ended."""
    end = out.refusal or out.end
    if isinstance(end, LlmError):
        bill.fail(end)
    elif end is None:
        bill.status = CLIENT_GONE


async def _answer(
    provider: Provider,
    bill: Bill,
    prompt: Prompt[LlmRequest],
    out: EventStream,
) -> None:
    """Fills `out` to its end, whatever happens on the way."""
    try:
        if isinstance(provider, LocalProvider):
            with asking(bill, provider):
                await played(provider, prompt.value, out)
        else:
            await _relay(bill, prompt, out)
    except ProviderError as error:
        await out.fail(_signed(error.error))
    except ConnectionError:
        raise
    except Exception:  # the server's outer edge, as in `answer_errors`: the stream must end
        log.exception("the stream from %s failed", provider.settings.name)
        await out.fail(_signed(LlmError("The server failed; its log has the details.")))


async def _relay(bill: Bill, prompt: Prompt[LlmRequest], out: EventStream) -> None:
    with turn_of(bill) as turn:
        while True:
            provider = await next_provider(turn, bill)
            try:
                upstream, wire = await _begun(bill, provider, prompt)
                with asking(bill, provider):
                    async with upstream:
                        await require_ok(provider, upstream)
                        turn.succeeded()
                        await out.open()
                        decoder = provider.decoder(wire)
                        await _pass_on(bill, upstream, decoder, prompt, out)
                        if isinstance(out.end, LlmError):
                            count_failure(bill, provider, out.end)
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
                bill.desk.metrics.failovers.add(1, bill.spender.provider)


async def _begun(
    bill: Bill, provider: UpstreamProvider, prompt: Prompt[LlmRequest]
) -> tuple[Exchange, str]:
    """The exchange and its wire; of what was prepared nothing else is kept."""
    prepared = await provider.prepare(prompt.value, stream=True)
    bill.bytes_per_token = _BYTES_PER_TOKEN.get(prepared.wire, bill.bytes_per_token)
    return exchange_of(bill, provider, prepared), prepared.wire


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


async def _fetched(bill: Bill, asked: LlmRequest) -> LlmResponse:
    with turn_of(bill) as turn:
        while True:
            provider = await next_provider(turn, bill)
            try:
                prepared = await provider.prepare(asked, stream=False)
                with asking(bill, provider):
                    async with exchange_of(bill, provider, prepared) as upstream:
                        await require_ok(provider, upstream)
                        turn.succeeded()
                        return provider.response(await upstream.body(), prepared.wire)
            except ProviderError as error:
                if not turn.failed(error.error):
                    raise
                bill.desk.metrics.failovers.add(1, bill.spender.provider)


def _signed(error: LlmError) -> LlmError:
    """`error` with our request id, which finds the provider's in the log."""
    return with_fields(error, request_id=request_id.get())


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
