"""Everything that the proxy's requests are charged with, and how it is filled from the database."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from loom.server import proxy_policies
from loom.server.proxy_policies import ProxyPolicies, ProxyPolicy
from loom.server.spending import budgets, usage
from loom.server.spending.budgets import Budget
from loom.server.spending.ledger import Ledger
from loom.server.spending.periods import bounds
from loom.server.spending.prices import PriceTable
from loom.server.spending.usage import UsageRecord
from loom.server.spending.usage_log import UsageLog


class _Read(NamedTuple):
    budgets: tuple[Budget, ...]
    spent: dict[str, list[tuple[str, int]]]
    policies: list[tuple[str, ProxyPolicy]]


class Books:
    """What the proxy's requests share.

    Args:
        clock: Unix milliseconds.
    """

    def __init__(self, prices: PriceTable, log: UsageLog, clock: Callable[[], int]) -> None:
        self.prices = prices
        self.log = log
        self.clock = clock
        self.ledger = Ledger(clock)
        self.policies = ProxyPolicies()

    async def load(self) -> None:
        """Takes budgets, what is spent of them, and policies from the database.

        To be called again when they were changed. Raises StoreError.
        """
        at = self.clock()
        await self.log.settled(lambda connection: _read(connection, at), self._take)

    def _take(self, read: _Read, waiting: Sequence[UsageRecord]) -> None:
        self.policies.load(read.policies)
        self.ledger.load(read.budgets, lambda budget: read.spent[budget.id], waiting)


def _read(connection: sqlite3.Connection, at: int) -> _Read:
    every = budgets.every(connection)
    spent = {budget.id: list(_spent(connection, budget, at)) for budget in every}
    return _Read(every, spent, proxy_policies.every(connection))


def _spent(connection: sqlite3.Connection, budget: Budget, at: int) -> Iterable[tuple[str, int]]:
    """(whose, nano-dollars) of the budget's running period."""
    begins, _ = bounds(budget.period, at)
    for user, key, provider, model, nano in usage.spent(connection, budget.org, begins):
        if budget.binds(budget.org, user, key, provider, model):
            yield budget.share(user, key), nano
