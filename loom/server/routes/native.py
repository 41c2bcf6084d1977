"""Native wires: the provider's status and headers, then its bytes, with the key swapped."""

import logging
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from loom.core.errors import ProviderError
from loom.core.llm import LlmError
from loom.server.accounting import Bill, billed, warning_headers
from loom.server.areas import Area
from loom.server.asked import weigh
from loom.server.bodies import body_of
from loom.server.desk import DESK, Desk
from loom.server.direct_body import DirectBody
from loom.server.keys import PROVIDERS, REDACTOR
from loom.server.native import (
    NATIVE_WIRES,
    NativeHead,
    NativePath,
    NativeWire,
    fixed_headers,
    stream_headers,
    whole_sieve,
)
from loom.server.native_answer import answered_whole, cut_off, note_tokens
from loom.server.outbound.pool import Pool
from loom.server.outbound.target import Target
from loom.server.prompt import Prompt
from loom.server.provider_pool.account import Account
from loom.server.provider_pool.pool import AccountPool
from loom.server.provider_pool.turn import Turn
from loom.server.routing import Access, Route
from loom.server.upstream import Exchange
from loom.server.usage_tap import StreamTap, WholeTap

log = logging.getLogger("loom.server")

MAX_WHOLE = 256 * 1024
"""Bytes of an answer that is taken in whole and sent in one write."""

MAX_ERROR = 1024 * 1024

_QUERY = frozenset({"beta"})
"""What of an address passes where money is asked."""

NOT_PASSED_ON = frozenset({101, 300, 301, 302, 303, 307, 308})
"""Another protocol, or another host: the key goes nowhere but where the operator says."""


class _Place(NamedTuple):
    """What every request of one path to one account has; no target where the path has a model."""

    head: NativeHead
    target: Target | None


class NativeRoute:
    """Serves one path of one wire."""

    def __init__(self, wire: NativeWire, path: NativePath, desk: Desk) -> None:
        self._desk = desk
        self._wire = wire
        self._path = path
        self._name = wire.provider
        self._places: WeakKeyDictionary[Account, _Place] = WeakKeyDictionary()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Passes the request on and its answer back."""
        pool = self._desk.accounts[self._name]
        self._require_configured(pool)
        prompt = Prompt(await body_of(request))
        if not self._path.is_charged:
            return await self._served(request, prompt, Turn(pool, ""), None)
        asked = weigh(prompt.value, self._path.limits)
        with billed(request, self._name, asked, "native", prompt.value) as bill:
            bill.bytes_per_token = self._path.bytes_per_token
            turn = Turn(pool, asked.model, asked.thread)
            response = await self._served(request, prompt, turn, bill)
            bill.status = bill.status or response.status
            return response

    def _require_configured(self, pool: AccountPool) -> None:
        if not pool.is_configured:
            text = f"the Loom server has no key for {self._name}"
            hint = f"Set LOOM_SERVER_{self._name.upper()}_API_KEY on the server."
            raise ProviderError(LlmError(text, "not_configured", hint=hint))

    async def _served(
        self, request: web.Request, prompt: Prompt[bytes], turn: Turn, bill: Bill | None
    ) -> web.StreamResponse:
        """The answer of the first account that has one; else the last one's refusal as it was."""
        with turn:
            while True:
                account = turn.account_now() or await turn.account()
                if bill is not None:
                    bill.account = account.name
                try:
                    answer = await self._answer(request, prompt, account, turn, bill)
                except ProviderError as error:
                    self._desk.metrics.upstream_errors.add(1, self._name, error.error.kind)
                    if not turn.failed(error.error):
                        raise
                else:
                    if not isinstance(answer, _Refusal):
                        return answer
                    if not turn.failed(answer.error):
                        return answer.response
                self._desk.metrics.failovers.add(1, self._name)

    async def _answer(
        self,
        request: web.Request,
        prompt: Prompt[bytes],
        account: Account,
        turn: Turn,
        bill: Bill | None,
    ) -> "web.StreamResponse | _Refusal":
        self._desk.metrics.proxied.add(1, self._name, "native")
        exchange = self._exchange(request, account, prompt.value)
        if bill is not None:
            bill.exchange = exchange
        async with exchange as upstream:
            if upstream.answer.status >= 400:
                return await self._refusal(request, account, upstream)
            prompt.drop()
            return await self._pass_back(request, upstream, turn, bill)

    def _exchange(self, request: web.Request, account: Account, body: bytes) -> Exchange:
        pool = self._desk.pool
        head, target = self._places.get(account) or self._place(pool, account)
        if target is not None and not request.rel_url.raw_query_string:
            made = head.made(request.headers, len(body))
        else:
            target = self._target(pool, request, account)
            made = head.made(request.headers, len(body), target)
        return Exchange(pool, account.provider.settings, target, made, body)

    def _place(self, pool: Pool, account: Account) -> _Place:
        settings = account.provider.settings
        target = None
        if "{" not in self._path.upstream:
            target = pool.target(settings.base_url + self._path.upstream)
        head = NativeHead(self._path.method, fixed_headers(self._wire, settings), target)
        place = self._places[account] = _Place(head, target)
        return place

    def _target(self, pool: Pool, request: web.Request, account: Account) -> Target:
        path = self._path.upstream.format_map(request.match_info)
        url = URL(account.provider.settings.base_url + path)
        # Some servers take a model from the address, too; the body's is the one that is judged.
        query = [
            (name, value)
            for name, value in request.rel_url.query.items()
            if name in _QUERY or not self._path.is_charged
        ]
        return pool.target(str(url.with_query(query)))

    async def _pass_back(
        self, request: web.Request, upstream: Exchange, turn: Turn, bill: Bill | None
    ) -> web.StreamResponse:
        answer = upstream.answer
        if answer.status in NOT_PASSED_ON:
            text = f"{self._name} answered with HTTP {answer.status}, which Loom does not follow"
            raise ProviderError(LlmError(text, "invalid_response", status=502))
        turn.succeeded()
        told: Mapping[str, str] = {}
        if bill is not None:
            told = warning_headers(bill)
        if 0 < (answer.content_length or 0) <= MAX_WHOLE:
            body = (upstream.ready() if answer.is_whole else b"") or await upstream.body()
            return answered_whole(request, answer, body, told, bill)
        headers = stream_headers(answer.headers)
        headers.update(told)
        return await self._streamed(request, upstream, headers, turn, bill)

    async def _refusal(
        self, request: web.Request, account: Account, upstream: Exchange
    ) -> "_Refusal":
        """An error as the provider wrote it; some quote the key, so the redactor reads it."""
        status, headers = upstream.answer.status, upstream.answer.headers
        passed = CIMultiDict(whole_sieve(headers).passed(headers))
        body = await upstream.body(MAX_ERROR)
        text = body.decode("utf-8", "surrogateescape")
        clean = request.app[REDACTOR].redact(text)
        if clean != text:
            body = clean.encode("utf-8", "surrogateescape")
        self._desk.metrics.upstream_errors.add(1, self._name, str(status))
        error = account.upstream.error(status, headers, body)
        return _Refusal(web.Response(body=body, status=status, headers=passed), error)

    async def _streamed(
        self,
        request: web.Request,
        upstream: Exchange,
        headers: CIMultiDict[str],
        turn: Turn,
        bill: Bill | None,
    ) -> web.StreamResponse:
        is_events = upstream.answer.content_type == "text/event-stream"
        tap = StreamTap(self._path.ends) if is_events else WholeTap()
        out = web.StreamResponse(status=upstream.answer.status, headers=headers)
        body = DirectBody(request, out)

        def write(data: bytes) -> bool:
            tap.watch(data)
            return body.write(data)

        first = upstream.ready()
        tap.watch(first)
        await body.open(first)
        streams = self._desk.metrics.streams
        streams.add(1, self._name)
        try:
            await upstream.pour(write, body.drain)
            if not tap.is_ended:
                raise ProviderError(LlmError(f"{self._name} ended the stream without its end"))
        except ProviderError as error:
            log.warning("%s", error.message)
            self._desk.metrics.upstream_errors.add(1, self._name, error.error.kind)
            turn.broke(error.error)
            if bill is not None:
                bill.fail(error.error)
            cut_off(request)
        finally:
            streams.add(-1, self._name)
            note_tokens(bill, tap)
        return out


class _Refusal(NamedTuple):
    """An answer from 400 on, and what it means."""

    response: web.Response
    error: LlmError


def native_routes(providers: Collection[str], desk: Desk) -> Iterator[Route]:
    """The table of every native wire whose provider there is."""
    for wire in NATIVE_WIRES:
        if wire.provider in providers:
            for path in wire.paths:
                yield Route(
                    path.method,
                    f"/proxy/{wire.provider}{path.path}",
                    NativeRoute(wire, path, desk).serve,
                    Access.SIGNED_IN,
                    wire.provider,
                    scope="llm:use",
                )


AREA = Area(lambda app: native_routes([*app[PROVIDERS]], app[DESK]))
