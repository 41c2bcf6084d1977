"""Reads prices: our own file, and the operator's before it."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from loom.core.errors import ConfigError
from loom.server.spending.extras import WHOLE, Extra, Extras
from loom.server.spending.prices import NANO, Price, PriceRow, PriceTable, Rates

OURS = Path(__file__).with_name("prices.toml")
_RATES = ("input", "output", "cache_read", "cache_write", "cache_write_long")
_KNOWN = {*_RATES, "provider", "models", "from", "long", "context", "max_output"}
_KNOWN_EXTRA = {"provider", "models", "names", "from", "times", "usd"}


def read_prices(override: Path | None = None) -> PriceTable:
    """The operator's file and ours. Raises ConfigError naming the row that is wrong."""
    files = [(_read(override), str(override))] if override is not None else []
    files.append((_read(OURS), OURS.name))
    prices, extras = [], []
    for tree, where in files:
        prices.append(tuple(_price_row(*row) for row in _rows(tree, "price", where)))
        extras.append(tuple(_extra(*row) for row in _rows(tree, "extra", where)))
    return PriceTable(prices, Extras(extras), str(files[-1][0]["as_of"]))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the prices in {path}: {error}") from error


def _rows(tree: Mapping[str, Any], kind: str, where: str) -> list[tuple[Any, str]]:
    """Each row of a kind, with how to name it in a complaint."""
    rows = tree.get(kind, [])
    if not isinstance(rows, list) or set(tree) - {"price", "extra", "as_of"}:
        raise ConfigError(f"{where} holds something else than as_of, rows [[price]] and [[extra]]")
    return [(row, f"{where}: {kind} {number}") for number, row in enumerate(rows, 1)]


def _require_known(row: Any, known: set[str], where: str) -> None:
    if not isinstance(row, dict) or set(row) - known:
        raise ConfigError(f"{where}: known are {', '.join(sorted(known))}")
    if not isinstance(row.get("provider"), str):
        raise ConfigError(f"{where} needs a provider")


def _names(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    names = row.get(name)
    if not isinstance(names, list) or not names:
        raise ConfigError(f"{where} needs a list of {name}")
    return tuple(map(str, names))


def _extra(row: Any, where: str) -> Extra:
    _require_known(row, _KNOWN_EXTRA, where)
    return Extra(
        row["provider"],
        _names(row, "names", where),
        _names(row, "models", where) if "models" in row else ("*",),
        _day(row.get("from", "1970-01-01"), where),
        round(_number(row.get("times", 1), "times", where) * WHOLE),
        round(_number(row.get("usd", 0), "usd", where) * NANO),
    )


def _price_row(row: Any, where: str) -> PriceRow:
    _require_known(row, _KNOWN, where)
    models = _names(row, "models", where)
    long = row.get("long")
    price = Price(
        _rates(row, where),
        _day(row.get("from", "1970-01-01"), where),
        _rates(long, where) if isinstance(long, dict) else None,
        _tokens(long.get("above", 0), where) if isinstance(long, dict) else 0,
        _tokens(row.get("context", 0), where),
        _tokens(row.get("max_output", 0), where),
    )
    return PriceRow(row["provider"], models, price)


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
    return round(_number(value, name, where) * 1000)


def _number(value: Any, name: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ConfigError(f"{where}: {name} is not a number")
    if not 0 <= value <= 100_000:
        raise ConfigError(f"{where}: {name} is not between 0 and 100000")
    return float(value)


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
