"""SQL of usage: a row per request, and sums per day that answers are made of."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from loom.api.usage import UsageBy, UsageRow
from loom.core.messages import Usage
from loom.db import insert
from loom.server.spending.periods import date_of, day_of
from loom.server.spending.prices import NANO

FORGOTTEN_AT_ONCE = 5_000
"""Rows; so many hold up what is written meanwhile for 10 to 20 ms."""


class UsageRecord(NamedTuple):
    """One request that was sent to a provider.

    Attributes:
        key: the API key's id; empty for people.
        status: the HTTP status that the client was told; 499 when it had left.
        is_estimated: the provider did not tell all the tokens, so some were reckoned.
        cost_nano: None when the model has no price.
    """

    at: int
    request_id: str
    org: str
    user: str
    key: str
    provider: str
    account: str
    model: str
    wire: str
    status: int
    usage: Usage
    is_estimated: bool
    cost_nano: int | None
    duration_ms: int


_ADD = """
INSERT INTO usage_days VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
    requests = requests + excluded.requests,
    failures = failures + excluded.failures,
    unpriced = unpriced + excluded.unpriced,
    estimated = estimated + excluded.estimated,
    input_tokens = input_tokens + excluded.input_tokens,
    output_tokens = output_tokens + excluded.output_tokens,
    cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
    cost_nano = cost_nano + excluded.cost_nano
"""

_KEYS = {
    "user": ("usage_days.user", "coalesce(nullif(users.email, ''), nullif(users.name, ''), '')"),
    "org": ("usage_days.org", "coalesce(organizations.slug, '')"),
    "key": ("usage_days.key", "coalesce(api_keys.name, '')"),
    "model": ("provider || '/' || model", "''"),
    "day": ("day", "''"),
}
_COUNTS = (
    "requests",
    "failures",
    "unpriced",
    "estimated",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
)
_SUMS = ", ".join(f"sum({name})" for name in (*_COUNTS, "cost_nano"))
_JOINS = """
LEFT JOIN users ON users.id = usage_days.user
LEFT JOIN organizations ON organizations.id = usage_days.org
LEFT JOIN api_keys ON api_keys.id = usage_days.key
"""


def add(connection: sqlite3.Connection, records: Iterable[UsageRecord]) -> None:
    """Writes requests down, and adds them to their days: those of one day and spender at once."""
    rows = [_row(record) for record in records]
    insert(connection, "INSERT INTO usage_requests", rows)
    days: defaultdict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        days[(day_of(row[0]), *row[2:6], row[7])].append(_counted(row))
    sums = ((*day, len(each), *map(sum, zip(*each, strict=True))) for day, each in days.items())
    connection.executemany(_ADD, sums)


def forget(connection: sqlite3.Connection, before: int) -> int:
    """Forgets requests from before a time, many at once but not all; the days' sums stay.

    Says how many: 0 when none is left.
    """
    oldest = "SELECT rowid FROM usage_requests WHERE at < ? ORDER BY at LIMIT ?"
    return connection.execute(
        f"DELETE FROM usage_requests WHERE rowid IN ({oldest})",  # noqa: S608  # ours
        (before, FORGOTTEN_AT_ONCE),
    ).rowcount


def _row(record: UsageRecord) -> tuple[Any, ...]:
    """In the order of the table's columns."""
    used = record.usage
    return (
        *record[:10],
        used.input_tokens,
        used.output_tokens,
        used.cache_read_tokens,
        used.cache_write_tokens,
        used.cache_write_long_tokens,
        *record[11:],
    )


def _counted(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a row adds to its day beside one request."""
    cost = row[16]
    return (row[9] >= 400, cost is None, row[15], *row[10:14], cost or 0)


class Whose(NamedTuple):
    """Which requests: of this organization and this user; None for all."""

    org: str | None = None
    user: str | None = None


def question(
    by: Sequence[UsageBy], since: int, until: int, whose: Whose
) -> tuple[str, tuple[Any, ...]]:
    """The SQL that sums days from `since` to before `until` by these, and its parameters."""
    columns = [part for each in by for part in _KEYS[each]]
    groups = ", ".join(_KEYS[each][0] for each in by)
    where, values = ["day >= ?", "day < ?"], [since, until]
    limits = [(name, value) for name, value in zip(whose._fields, whose, strict=True) if value]
    where += [f"usage_days.{name} = ?" for name, _ in limits]
    sql = (  # columns and tables are ours, values are parameters
        f"SELECT {', '.join(columns)}, {_SUMS} FROM usage_days {_JOINS}"  # noqa: S608
        f" WHERE {' AND '.join(where)} GROUP BY {groups} ORDER BY {groups}"
    )
    return sql, (*values, *(value for _, value in limits))


def row(by: Sequence[UsageBy], values: Sequence[Any]) -> UsageRow:
    """One answer of `question`, as the wire has it."""
    keys: dict[str, str] = {}
    names: dict[str, str] = {}
    for each, key, name in zip(by, values[0::2], values[1::2], strict=False):
        keys[each] = date_of(key).isoformat() if each == "day" else str(key)
        if name:
            names[each] = str(name)
    numbers: dict[str, Any] = dict(zip(_COUNTS, values[2 * len(by) :], strict=False))
    is_known = numbers["unpriced"] < numbers["requests"]
    return UsageRow(keys, names, cost_usd=values[-1] / NANO if is_known else None, **numbers)


_SPENT = """
SELECT user, key, provider, model, sum(cost_nano) FROM usage_days
WHERE day >= ? AND (? = '' OR org = ?) GROUP BY user, key, provider, model
"""


def spent(
    connection: sqlite3.Connection, org: str, since: int
) -> list[tuple[str, str, str, str, int]]:
    """(user, key, provider, model, nano-dollars) from a day on; `org` "" for every one."""
    return [tuple(each) for each in connection.execute(_SPENT, (since, org, org))]
