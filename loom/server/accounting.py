"""What every request to a model is asked before it is sent, and what is noted when it is over.

Both wires go through `billed`: here an organization's rules, its budgets, the usage and the metrics
meet. All of it is in memory; what must last is written in batches.
"""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from aiohttp import web

from loom.core.errors import ProviderError
from loom.core.llm import LlmError
from loom.core.messages import Usage
from loom.log import request_id
from loom.server.asked import Asked
from loom.server.asked_extras import looked_through
from loom.server.audit.event import Detail
from loom.server.caller import principal_of
from loom.server.chosen_org import org_of
from loom.server.deeds import CLIENT_GONE, llm_facts
from loom.server.desk import DESK, Desk
from loom.server.errors import Refused, provider_status
from loom.server.keys import KEEPER
from loom.server.principal import PrincipalKind
from loom.server.spending.estimate import most
from loom.server.spending.ledger import NOTHING, Reservation, Spender
from loom.server.spending.prices import Price
from loom.server.spending.reckoning import is_reckonable, reckoned
from loom.server.spending.terms import USUAL_TERMS, cost_on
from loom.server.spending.usage import UsageRecord
from loom.server.upstream import Exchange

WARNING_HEADER = "X-Loom-Budget-Warning"
MAX_MODEL = 256
"""Letters of a model's name, which is noted and remembered in many places."""

_UNUSED = Usage()


class Bill:
    """One request's: opened before it is sent, settled when the block is left, however that is.

    Attributes:
        facts: what the audit line of the request will say.
        account: of the provider's, the one that was asked last.
        model: what answered, once it is known.
        usage, terms: as the provider told them so far.
        is_told: the provider told all of it.
        status: what the client was told; `failure`: the kind of it, where it is the provider's.
        exchange: the one that carried the request, once it was sent.
        size: bytes of the answer that came.
        bytes_per_token: of the answer, where its tokens have to be reckoned.
    """

    __slots__ = (
        "_began_at",
        "_is_settled",
        "account",
        "asked",
        "bytes_per_token",
        "desk",
        "exchange",
        "facts",
        "failure",
        "is_told",
        "model",
        "price",
        "reservation",
        "size",
        "spender",
        "status",
        "terms",
        "usage",
        "wire",
    )

    def __init__(
        self,
        desk: Desk,
        facts: dict[str, Detail],
        spender: Spender,
        wire: str,
        asked: Asked,
        held: tuple[Reservation, Price | None],
    ) -> None:
        self.desk = desk
        self.facts = facts
        self.spender = spender
        self.wire = wire
        self.asked = asked
        self.account = ""
        self.model = ""
        self.usage = _UNUSED
        self.terms = USUAL_TERMS
        self.is_told = False
        self.exchange: Exchange | None = None
        self.status = 0
        self.failure = ""
        self.size = 0
        self.bytes_per_token = 16
        self.reservation, self.price = held
        self._began_at = time.perf_counter()
        self._is_settled = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, ProviderError):
            self.fail(error.error)
        elif error is not None or not self.status:
            self.status = _status(error)
        self.settle(self.status)

    def fail(self, error: LlmError) -> None:
        """The client is told of this failure."""
        self.status, self.failure = provider_status(error), error.kind

    def settle(self, status: int) -> None:
        """The request is over; what is said later changes nothing."""
        if not self._is_settled:
            self._is_settled, self.status = True, status
            finished(self)

    @property
    def duration_ms(self) -> int:
        """Since it was opened."""
        return round((time.perf_counter() - self._began_at) * 1000)

    def cost(self, usage: Usage) -> int | None:
        """Of these tokens, in nano-dollars; None when nobody knows the price."""
        if self.price is None or self.terms is USUAL_TERMS:
            return None if self.price is None else self.price.cost(usage)
        books, whose = self.desk.books, (self.spender.provider, self.model or self.spender.model)
        return cost_on(self.terms, books.prices, self.price, whose, usage, books.clock())

    def answered(self, model: str, usage: Usage) -> None:
        """The answer is whole, and the provider told what it has counted: all is known."""
        self.model, self.usage = model, usage
        self.is_told = True
        self.settle(200)


def billed(request: web.Request, provider: str, asked: Asked, wire: str, body: bytes = b"") -> Bill:
    """Opens a request's bill.

    Args:
        body: what is kept where the organization says so.

    Raises:
        Refused: it is no model's name (400), the organization does not allow the model (403), or a
            budget the cost (402).
    """
    _require_name(asked.model)
    desk, facts, principal = request.app[DESK], llm_facts(request), principal_of(request)
    books, org = desk.books, org_of(request)
    policy, has_budgets = books.policies.of(org), bool(books.ledger.budgets)
    if has_budgets or policy.models is not None:
        asked = looked_through(asked, body, provider)
    key = principal.credential_id if principal.kind is PrincipalKind.API_KEY else ""
    spender = Spender(org, principal.user_id, key, provider, asked.model)
    facts["model"] = asked.model
    if policy.models is not None:
        for model in (asked.model, *asked.others):
            books.policies.require(org, provider, model)
    now_ms = books.clock()
    price = books.prices.price(provider, asked.model, now_ms)
    reservation = NOTHING
    if has_budgets:
        estimate = most(books.prices, price, spender, asked, now_ms)
        reservation = books.ledger.reserve(spender, estimate.nano, estimate.unknown)
    if policy.keep_days:
        request.app[KEEPER].keep(spender, request_id.get(), body, policy.keep_days)
    return Bill(desk, facts, spender, wire, asked, (reservation, price))


def _require_name(model: str) -> None:
    if len(model) > MAX_MODEL:
        raise Refused(400, "invalid_request", f"no model's name has {len(model):,} letters")


def finished(bill: Bill) -> None:
    """A request to a model is over: counted, charged, and noted for good."""
    books, spender = bill.desk.books, bill.spender
    now_ms = books.clock()
    usage, is_estimated = _charged(bill)
    if bill.model and bill.model != spender.model:
        books.ledger.learn(spender, bill.model)
        # It is charged for what answered, if that has a price of its own.
        price = books.prices.price(spender.provider, bill.model, now_ms)
        if price is not None or bill.price is None:
            bill.price = price
            spender = Spender(*spender[:4], bill.model)
    cost = bill.cost(usage) if not is_estimated or is_reckonable(bill.usage, bill.asked) else None
    if cost is None and bill.reservation.nano:
        # What nobody knows counts as the most that it can be.
        cost, is_estimated = bill.reservation.nano, True
    books.ledger.settle(bill.reservation, spender, cost or 0)
    if bill.usage.context_tokens:
        _count_tokens(bill)
    _note_deed(bill, usage)
    books.log.add(
        UsageRecord(
            now_ms,
            request_id.get(),
            *spender[:4],
            bill.account,
            spender.model,
            bill.wire,
            bill.status,
            usage,
            is_estimated,
            cost,
            bill.duration_ms,
        )
    )


def warning(bill: Bill) -> str:
    """What the person is told of a budget that is used up, or nearly: once in its period."""
    counters = bill.reservation.counters
    return bill.desk.books.ledger.warning(bill.spender, counters) if counters else ""


def warning_headers(bill: Bill) -> Mapping[str, str]:
    """The same as a header, for wires that have no other place for it."""
    text = warning(bill)
    return {WARNING_HEADER: text} if text else {}


def _charged(bill: Bill) -> tuple[Usage, bool]:
    """The tokens to charge for, and whether some had to be reckoned."""
    exchange = bill.exchange
    if bill.is_told or exchange is None or not exchange.may_cost:
        return bill.usage, False
    answer = bill.size, bill.bytes_per_token, exchange.seconds
    return reckoned(bill.usage, bill.asked, *answer), True


def _status(error: BaseException | None) -> int:
    if isinstance(error, Refused):
        return error.status
    return 500 if isinstance(error, Exception) and not isinstance(error, OSError) else CLIENT_GONE


def _note_deed(bill: Bill, usage: Usage) -> None:
    """What the audit line says of it."""
    facts = bill.facts
    facts["model"] = bill.model or bill.spender.model
    facts["account"] = bill.account
    facts["input_tokens"] = usage.context_tokens - usage.output_tokens
    facts["output_tokens"] = usage.output_tokens
    if bill.failure:
        facts["failure"] = bill.failure


def _count_tokens(bill: Bill) -> None:
    """Adds an answer's tokens to the metrics, each kind on its own."""
    add, usage, provider = bill.desk.metrics.tokens.add, bill.usage, bill.spender.provider
    model = bill.model or bill.spender.model or "unknown"
    add(usage.input_tokens, provider, model, "input")
    add(usage.output_tokens, provider, model, "output")
    if usage.cache_read_tokens:
        add(usage.cache_read_tokens, provider, model, "cache_read")
    if usage.cache_write_tokens:
        add(usage.cache_write_tokens, provider, model, "cache_write")
