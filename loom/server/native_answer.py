"""A provider's answer on a native wire: passed back whole, noted on its bill, or cut off."""

from collections.abc import Mapping

from aiohttp import web

from loom.server.accounting import Bill
from loom.server.native import whole_sieve
from loom.server.outbound.answer import Answer
from loom.server.usage_tap import UsageTap, WholeTap
from loom.server.usage_told import Told, told_after
from loom.server.whole_answer import whole_answer

BYTES_PER_TOKEN_OF_JSON = 2
"""Of an answer in one piece, where its tokens have to be reckoned."""


def answered_whole(
    request: web.Request, answer: Answer, body: bytes, told: Mapping[str, str], bill: Bill | None
) -> web.StreamResponse:
    """An answer that is all there, to leave in one write; raises as `whole_answer` does.

    Args:
        told: more headers, of our own.
    """
    if bill is not None:
        said = told_after(Told(), body)
        bill.model, bill.usage, bill.terms = said.model, said.usage, said.terms
        bill.is_told, bill.size = bill.usage.context_tokens > 0, len(body)
        bill.bytes_per_token = BYTES_PER_TOKEN_OF_JSON
    sieve, extra = whole_sieve(answer.headers), [f"{k}: {v}" for k, v in told.items()]
    return whole_answer(request, answer.status, answer.headers, sieve, body, extra)


def note_tokens(bill: Bill | None, tap: UsageTap) -> None:
    """Puts on the bill what the answer said of its tokens."""
    if bill is not None:
        tap.close()
        bill.model, bill.usage, bill.is_told = tap.model, tap.usage, tap.is_told
        bill.terms = tap.terms
        bill.size = tap.size
        if isinstance(tap, WholeTap):
            bill.bytes_per_token = BYTES_PER_TOKEN_OF_JSON


def cut_off(request: web.Request) -> None:
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
