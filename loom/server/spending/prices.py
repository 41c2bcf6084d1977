"""What a request costs: a table of dated prices, the operator's rows before ours.

Money is whole nano-dollars: a dollar per million tokens is 1000 of them per token, so that sums
are exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from loom.core.messages import Usage
from loom.server.spending.extras import Extras

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""

_MAX_REMEMBERED = 1000


@dataclass(frozen=True)
class Rates:
    """Nano-dollars per token, by class."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    cache_write_long: int

    def cost(self, usage: Usage) -> int:
        """Of these tokens, in nano-dollars."""
        short = usage.cache_write_tokens - usage.cache_write_long_tokens
        return (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_read_tokens * self.cache_read
            + short * self.cache_write
            + usage.cache_write_long_tokens * self.cache_write_long
        )


@dataclass(frozen=True)
class Price:
    """One model's prices from one day on.

    Attributes:
        long: the prices of a request whose input is over `long_above` tokens.
        context, max_output: the model's own limits, 0 where nobody says.
    """

    rates: Rates
    starts_at: int = 0
    long: Rates | None = None
    long_above: int = 0
    context: int = 0
    max_output: int = 0

    def cost(self, usage: Usage) -> int:
        """Of one request, in nano-dollars."""
        taken = usage.context_tokens - usage.output_tokens
        return self._rates(taken).cost(usage)

    def most(self, taken: int, given: int, *, rounds: int = 1, is_long_lived: bool = False) -> int:
        """The most that a request costs, in nano-dollars.

        Args:
            taken: tokens of input in each of `rounds`.
            given: tokens of output in all.
        """
        taken = min(taken, self.context or taken)
        rates = self._rates(taken)
        written = rates.cache_write_long if is_long_lived else rates.cache_write
        dearest = max(rates.input, rates.cache_read, written)
        return rounds * taken * dearest + given * rates.output

    def _rates(self, taken: int) -> Rates:
        return self.long if self.long is not None and taken > self.long_above else self.rates


@dataclass(frozen=True)
class PriceRow:
    """The price of the models that these patterns name."""

    provider: str
    patterns: tuple[str, ...]
    price: Price

    def fits(self, provider: str, model: str) -> bool:
        """Whether this is the model's row, whenever."""
        return self.provider == provider and any(fnmatchcase(model, each) for each in self.patterns)


class PriceTable:
    """Finds prices.

    Args:
        tables: the rows of each file, those first that win.
        extras: what costs beside tokens.
        as_of: the day on which our own prices were looked up.
    """

    def __init__(
        self, tables: Iterable[tuple[PriceRow, ...]], extras: Extras, as_of: str = ""
    ) -> None:
        self.extras = extras
        self._tables = tuple(tables)
        self._found: dict[tuple[str, str], tuple[Price, ...]] = {}
        self.as_of = as_of

    def price(self, provider: str, model: str, at: int) -> Price | None:
        """The prices of `model` at a time in Unix milliseconds; None when nobody knows them."""
        prices = self._found.get((provider, model))
        if prices is None:
            prices = self._remembered(provider, model)
        for price in prices:
            if price.starts_at <= at:
                return price
        return None

    def cost(self, provider: str, model: str, usage: Usage, at: int) -> int | None:
        """Of one request, in nano-dollars; None when the model has no price."""
        price = self.price(provider, model, at)
        return None if price is None else price.cost(usage)

    def _remembered(self, provider: str, model: str) -> tuple[Price, ...]:
        prices = self._of(provider, model)
        # Names come from outside.
        if len(self._found) >= _MAX_REMEMBERED:
            self._found.clear()
        self._found[provider, model] = prices
        return prices

    def _of(self, provider: str, model: str) -> tuple[Price, ...]:
        """The latest first, of the first table that knows the model."""
        for rows in self._tables:
            fitting = [row.price for row in rows if row.fits(provider, model)]
            if fitting:
                return tuple(sorted(fitting, key=lambda price: -price.starts_at))
        return ()
