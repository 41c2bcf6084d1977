"""Budgets in memory: what is spent and what is reserved, checked and changed in one step.

A request reserves the most that it can cost before it is sent and gives the rest back when it is
over. Nothing here awaits, so that between looking and reserving nobody else can look.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct

from loom.server.spending.budgets import Budget
from loom.server.spending.counters import Counter, require, warning
from loom.server.spending.periods import bounds, day_of
from loom.server.spending.usage import UsageRecord

_MAX_REMEMBERED = 10_000
_WARN_AT = 0.8
"""The part of a hard limit after which it is warned of."""


class Spender(NamedTuple):
    """Who spends, and on what."""

    org: str
    user: str
    key: str
    provider: str
    model: str


class Reservation(Struct, frozen=True):
    """What a request holds of its budgets until it is over."""

    counters: tuple[Counter, ...] = ()
    nano: int = 0


NOTHING = Reservation()


class Ledger:
    """Knows every budget.

    Args:
        clock: Unix milliseconds.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self.budgets: tuple[Budget, ...] = ()
        self._counters: dict[tuple[str, str], Counter] = {}
        self._bound: dict[Spender, tuple[Counter, ...]] = {}
        self._called: dict[tuple[str, str], frozenset[str]] = {}

    def load(
        self,
        budgets: Sequence[Budget],
        spent: Callable[[Budget], Iterable[tuple[str, int]]],
        waiting: Iterable[UsageRecord] = (),
    ) -> None:
        """Takes these budgets instead; what is reserved and who was warned stays.

        Args:
            spent: (whose, nano-dollars) in the budget's running period.
            waiting: requests that `spent` does not know yet.
        """
        old, at = self._counters, self._clock()
        self.budgets, self._counters, self._bound = tuple(budgets), {}, {}
        for budget in budgets:
            for share, nano in spent(budget):
                self._counter(budget, share, old).spent += nano
        # Those with something reserved must not be made anew at the next request.
        by_id = {budget.id: budget for budget in budgets}
        for (budget_id, share), counter in old.items():
            if budget_id in by_id and (counter.reserved or counter.warned):
                self._counter(by_id[budget_id], share, old)
        for record in waiting:
            self._spend(_spender(record), record.cost_nano or 0, at)

    def counters(self, spender: Spender) -> tuple[Counter, ...]:
        """Of the budgets that bind `spender`, by any name that the model is known by."""
        found = self._bound.get(spender)
        if found is None:
            names = {spender.model, *self._called.get(spender[3:], ())}
            found = tuple(
                self._counter(budget, budget.share(spender.user, spender.key))
                for budget in self.budgets
                if any(budget.binds(*spender[:4], name) for name in names)
            )
            if len(self._bound) >= _MAX_REMEMBERED:
                self._bound.clear()
            self._bound[spender] = found
        return found

    def share(self, budget: Budget, share: str) -> Counter:
        """The counter of one who has one of their own, or the budget's only one (share "")."""
        counter = self._counter(budget, share)
        counter.roll(self._clock())
        return counter

    def fullest(self, budget: Budget) -> Counter:
        """The budget's counter, or of those for each one the fullest."""
        at = self._clock()
        mine = [c for (budget_id, _), c in self._counters.items() if budget_id == budget.id]
        for counter in mine:
            counter.roll(at)
        return max(mine, key=lambda c: c.spent) if mine else self._counter(budget, "")

    def reserve(self, spender: Spender, nano: int | None, unknown: str = "") -> Reservation:
        """Holds `nano`, or raises.

        Args:
            nano: the most that the request can cost; None when `unknown` has no price.

        Raises:
            Refused: a hard budget has not that much left (402 `budget_exceeded`), or could not be
                kept since nobody knows the price (402 `price_unknown`).
        """
        counters = self.counters(spender)
        if not counters:
            return NOTHING
        at = self._clock()
        for counter in counters:
            counter.roll(at)
            if counter.budget.is_hard:
                require(counter, nano, unknown)
        for counter in counters:
            counter.reserved += nano or 0
        return Reservation(counters, nano or 0)

    def settle(self, reservation: Reservation, spender: Spender, nano: int) -> None:
        """The request is over and cost `nano`; budgets of either name of its model are charged."""
        held, bound, at = reservation.counters, self.counters(spender), self._clock()
        for counter in held:
            counter.reserved -= reservation.nano
        for counter in bound:
            counter.roll(at)
            counter.spent += nano
        for counter in () if bound is held else held:
            if not any(counter is each for each in bound):
                counter.roll(at)
                counter.spent += nano

    def learn(self, spender: Spender, model: str) -> None:
        """`model` answers where the spender's is asked: what binds the one binds the other."""
        known = self._called.get(spender[3:], frozenset())
        if model not in known:
            if len(self._called) >= _MAX_REMEMBERED:
                self._called.clear()
            self._called[spender[3:]] = known | {model}
            self._bound.clear()

    def warning(self, spender: Spender, counters: Iterable[Counter]) -> str:
        """What `spender` is to be told of these now, once in a budget's period; else empty."""
        for counter in counters:
            budget = counter.budget
            part = _WARN_AT if budget.is_hard else 1.0
            if counter.spent < budget.limit_nano * part or day_of(self._clock()) >= counter.ends:
                continue
            if spender.user not in counter.warned:
                counter.warned.add(spender.user)
                return warning(counter)
        return ""

    def _spend(self, spender: Spender, nano: int, at: int) -> None:
        for counter in self.counters(spender):
            counter.roll(at)
            counter.spent += nano

    def _counter(
        self, budget: Budget, share: str, old: dict[tuple[str, str], Counter] | None = None
    ) -> Counter:
        key = budget.id, share
        counter = self._counters.get(key)
        if counter is None:
            begins, ends = bounds(budget.period, self._clock())
            before = (old or {}).get(key)
            counter = before if before is not None else Counter(budget)
            counter.budget, counter.begins, counter.ends, counter.spent = budget, begins, ends, 0
            self._counters[key] = counter
        return counter


def _spender(record: UsageRecord) -> Spender:
    return Spender(record.org, record.user, record.key, record.provider, record.model)
