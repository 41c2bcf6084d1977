"""The most that a request can cost, reckoned before it is sent."""

from msgspec import Struct

from loom.server.asked import Asked
from loom.server.spending.extras import WHOLE, Extra
from loom.server.spending.ledger import Spender
from loom.server.spending.prices import Price, PriceTable

_LONGEST_ANSWER = 32_000
"""Tokens of an answer whose limit neither the request nor the price table tells."""

_LARGEST_CONTEXT = 2_000_000
"""Tokens of input, where the price table does not tell the model's limit."""

_ADDED = 1_000
"""Tokens that a provider adds of its own, for tools above all."""


class Estimate(Struct, frozen=True):
    """`nano` is None where nobody knows the price of `unknown`."""

    nano: int | None
    unknown: str = ""


def most(
    prices: PriceTable, price: Price | None, spender: Spender, asked: Asked, at: int
) -> Estimate:
    """What a request can cost at most, in nano-dollars.

    A token is at least a byte, and a picture no more than its largest size. What may be more is
    taken for all that the model can read, once for every time that the provider may go on by itself
    after a tool of its own.
    """
    name = f"{spender.provider}/{spender.model}"
    if price is None:
        return Estimate(None, name)
    if not asked.extras and asked.uses == 0:
        return Estimate(_most(price, asked, 0, []))
    rows = {each: prices.extras.find(*spender[3:], each, at) for each in asked.extras}
    if missing := [each for each, row in rows.items() if row is None]:
        return Estimate(None, f"{missing[0]} with {name}")
    if asked.uses is None:
        return Estimate(None, f"{name} with tools of the provider's, and no limit to their uses")
    return Estimate(_most(price, asked, asked.uses, [row for row in rows.values() if row]))


def _most(price: Price, asked: Asked, uses: int, rows: list[Extra]) -> int:
    is_more = asked.is_open or uses > 0
    taken = price.context or _LARGEST_CONTEXT if is_more else asked.most_taken + _ADDED
    given = asked.given(price.max_output or _LONGEST_ANSWER)
    nano = price.most(taken, given, rounds=uses + 1, is_long_lived=asked.is_long_lived)
    for row in rows:
        nano = -(-nano * max(row.times, WHOLE) // WHOLE)
    return nano + uses * max((row.each_nano for row in rows), default=0) if rows else nano
