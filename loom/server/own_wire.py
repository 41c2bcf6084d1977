"""One request on Loom's own wire: what it asks and costs, and its way to the account asked next."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web
from msgspec.structs import replace as with_fields

from loom.core import codec
from loom.core.errors import CodecError, ProviderError
from loom.core.llm import LlmError, LlmRequest, LlmResponse
from loom.server.accounting import Bill, billed, warning
from loom.server.asked import Asked
from loom.server.bodies import body_of
from loom.server.errors import Refused
from loom.server.keys import PROVIDERS
from loom.server.llm.base import Provider, UpstreamProvider, UpstreamRequest
from loom.server.llm.claude_request import DEFAULT_MAX_TOKENS
from loom.server.prompt import Prompt
from loom.server.provider_pool.turn import Turn
from loom.server.spending.prices import NANO
from loom.server.upstream import Exchange, exchange_at

log = logging.getLogger("loom.server")

_IDENTITY = {"Accept-Encoding": "identity"}


async def parsed(request: web.Request) -> tuple[Provider, Prompt[LlmRequest], Bill]:
    """Whom it is for, what it says, and its bill, opened.

    Raises:
        Refused: there is no such provider (404), it is no LlmRequest (400), or `billed` says no.
    """
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


def charged(bill: Bill, response: LlmResponse) -> LlmResponse:
    """The answer with what it cost, where that is known, and what its budget has to say."""
    bill.answered(response.message.model, response.usage)
    cost = bill.cost(response.usage)
    return with_fields(
        response,
        cost_usd=None if cost is None else cost / NANO,
        notice=warning(bill),
    )


def turn_of(bill: Bill) -> Turn:
    """Its way through the provider's accounts."""
    return Turn(bill.desk.accounts[bill.spender.provider], bill.spender.model, bill.asked.thread)


async def next_provider(turn: Turn, bill: Bill) -> UpstreamProvider:
    """The provider with the key of the account that is asked now."""
    account = turn.account_now() or await turn.account()
    bill.account = account.name
    return account.upstream


def exchange_of(bill: Bill, provider: UpstreamProvider, prepared: UpstreamRequest) -> Exchange:
    """The exchange that will carry it, which its bill knows from now on."""
    bill.exchange = exchange_at(
        bill.desk.pool,
        provider.settings,
        prepared.url,
        headers={**prepared.headers, **_IDENTITY},
        body=prepared.body,
    )
    return bill.exchange


async def require_ok(provider: UpstreamProvider, upstream: Exchange) -> None:
    """Raises ProviderError, classified, unless the provider answered with 200."""
    answer = upstream.answer
    if answer.status != 200:
        raise ProviderError(provider.error(answer.status, answer.headers, await upstream.body()))


@contextmanager
def asking(bill: Bill, provider: Provider) -> Iterator[None]:
    """Counts a request to a provider and its failure; what comes before is not the provider's."""
    bill.desk.metrics.proxied.add(1, provider.settings.name, "loom")
    try:
        yield
    except ProviderError as error:
        count_failure(bill, provider, error.error)
        raise


def count_failure(bill: Bill, provider: Provider, error: LlmError) -> None:
    """Says in the metrics and the log that the provider failed."""
    name = provider.settings.name
    bill.desk.metrics.upstream_errors.add(1, name, error.kind)
    log.warning(
        "%s: %s", name, error.message, extra={"kind": error.kind, "upstream_id": error.request_id}
    )
