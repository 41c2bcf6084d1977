"""What a request costs: a table of dated prices, the operator's rows before ours.

Money is whole nano-dollars: a dollar per million tokens is 1000 of them per token, so that sums
are exact.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from math import isfinite
from pathlib import Path
from typing import Any

from loom.core.errors import ConfigError
from loom.core.messages import Usage

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""

OURS = Path(__file__).with_name("prices.toml")
_RATES = ("input", "output", "cache_read", "cache_write", "cache_write_long")
_OTHERS = {"provider", "models", "from", "long", "context", "max_output"}
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

    def most(self, taken: int, given: int, *, is_long_lived: bool = False) -> int:
        """The most that `taken` tokens of input and `given` of output cost, in nano-dollars."""
        taken = min(taken, self.context or taken)
        rates = self._rates(taken)
        written = rates.cache_write_long if is_long_lived else rates.cache_write
        return taken * max(rates.input, rates.cache_read, written) + given * rates.output

    def _rates(self, taken: int) -> Rates:
        return self.long if self.long is not None and taken > self.long_above else self.rates


@dataclass(frozen=True)
class _Row:
    provider: str
    patterns: tuple[str, ...]
    price: Price

    def fits(self, provider: str, model: str) -> bool:
        return self.provider == provider and any(fnmatchcase(model, each) for each in self.patterns)


class PriceTable:
    """Finds prices.

    Args:
        tables: the rows of each file, those first that win.
        as_of: the day on which our own prices were looked up.
    """

    def __init__(self, tables: Iterable[tuple[_Row, ...]], as_of: str = "") -> None:
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


def read_prices(override: Path | None = None) -> PriceTable:
    """The operator's file and ours. Raises ConfigError naming the row that is wrong."""
    ours = _read(OURS)
    tables = [_rows(_read(override), str(override))] if override is not None else []
    return PriceTable([*tables, _rows(ours, OURS.name)], str(ours["as_of"]))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the prices in {path}: {error}") from error


def _rows(tree: Mapping[str, Any], where: str) -> tuple[_Row, ...]:
    rows = tree.get("price", [])
    if not isinstance(rows, list) or set(tree) - {"price", "as_of"}:
        raise ConfigError(f"{where} holds something else than as_of and rows [[price]]")
    return tuple(_row(row, f"{where}: price {number}") for number, row in enumerate(rows, 1))


def _row(row: Any, where: str) -> _Row:
    if not isinstance(row, dict) or set(row) - set(_RATES) - _OTHERS:
        raise ConfigError(f"{where}: known are {', '.join(sorted({*_RATES, *_OTHERS}))}")
    models = row.get("models")
    if not isinstance(row.get("provider"), str) or not isinstance(models, list) or not models:
        raise ConfigError(f"{where} needs a provider and a list of models")
    long = row.get("long")
    price = Price(
        _rates(row, where),
        _day(row.get("from", "1970-01-01"), where),
        _rates(long, where) if isinstance(long, dict) else None,
        _tokens(long.get("above", 0), where) if isinstance(long, dict) else 0,
        _tokens(row.get("context", 0), where),
        _tokens(row.get("max_output", 0), where),
    )
    return _Row(row["provider"], tuple(map(str, models)), price)


def _rates(row: Mapping[str, Any], where: str) -> Rates:
    given = _usd(row, "input", where)
    written = _usd(row, "cache_write", where, given)
    return Rates(
        given,
        _usd(row, "output", where),
        _usd(row, "cache_read", where, given),
        written,
        _usd(row, "cache_write_long", where, written),
    )


def _usd(row: Mapping[str, Any], name: str, where: str, default: int | None = None) -> int:
    """Dollars per million tokens to nano-dollars per token."""
    value = row.get(name)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ConfigError(f"{where}: {name} is not a number of dollars per million tokens")
    if not 0 <= value <= 100_000:
        raise ConfigError(f"{where}: {name} is not between 0 and 100000 dollars")
    return round(value * 1000)


def _tokens(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigError(f"{where}: {value!r} is not a number of tokens")
    return value


def _day(value: Any, where: str) -> int:
    """Unix milliseconds of the day's beginning in UTC."""
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise ConfigError(f"{where}: from is not a day such as 2026-11-28") from error
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
