from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.server.errors import Refused
from loom.server.spending.budgets import Budget
from loom.server.spending.ledger import Ledger, Reservation, Spender
from loom.server.spending.periods import DAY_MS
from tests.server.spending.test_prices import ms

NOW = ms("2026-11-28")
ALICE = Spender("acme", "alice", "", "anthropic", "claude-opus-5-5")
BOB = ALICE._replace(user="bob")
HARD = Budget("b1", "acme", "all", "", "*", "month", True, 1000)


def ledger(*budgets: Budget, clock: list[int] | None = None) -> Ledger:
    times = clock or [NOW]
    made = Ledger(lambda: times[0])
    made.load(budgets, lambda budget: ())
    return made


def test_what_would_go_over_is_refused_with_all_that_one_needs_to_know() -> None:
    books = ledger(HARD._replace(limit_nano=50 * 10**9, contact="ops@acme.example"))
    held = books.reserve(ALICE, 49 * 10**9)
    books.settle(held, ALICE, 48 * 10**9)
    books.reserve(ALICE, 10**9)
    with pytest.raises(Refused) as refused:
        books.reserve(ALICE, 2 * 10**9)
    error = refused.value
    assert (error.status, error.code) == (402, "budget_exceeded")
    for part in ("month", "$48.00 of $50.00", "$1.00 is held", "$2.00", "2026-12-01"):
        assert part in error.message
    assert "ops@acme.example" in error.hint


def test_what_is_not_spent_is_given_back() -> None:
    books = ledger(HARD)
    for _ in range(50):
        books.settle(books.reserve(ALICE, 500), ALICE, 10)
    assert books.fullest(HARD).spent == 500
    with pytest.raises(Refused):
        books.reserve(ALICE, 501)


def test_a_limit_for_each_user_binds_each_alone() -> None:
    each = HARD._replace(scope="user", subject="*")
    books = ledger(each)
    books.settle(books.reserve(ALICE, 1000), ALICE, 1000)
    with pytest.raises(Refused):
        books.reserve(ALICE, 1)
    books.reserve(BOB, 1000)


@pytest.mark.parametrize(
    ("budget", "spender", "is_bound"),
    [
        (HARD, ALICE, True),
        (HARD, ALICE._replace(org="other"), False),
        (HARD._replace(org=""), ALICE._replace(org="other"), True),
        (HARD._replace(scope="user", subject="alice"), ALICE, True),
        (HARD._replace(scope="user", subject="alice"), BOB, False),
        (HARD._replace(scope="key", subject="*"), ALICE, False),
        (HARD._replace(scope="key", subject="*"), ALICE._replace(key="k1"), True),
        (HARD._replace(scope="key", subject="k2"), ALICE._replace(key="k1"), False),
        (HARD._replace(model="claude-opus*"), ALICE, True),
        (HARD._replace(model="anthropic/*"), ALICE, True),
        (HARD._replace(model="openai/*"), ALICE, False),
        (HARD._replace(model="claude-haiku*"), ALICE, False),
    ],
)
def test_a_budget_binds_whom_it_names(budget: Budget, spender: Spender, is_bound: bool) -> None:
    assert bool(ledger(budget).counters(spender)) is is_bound


def test_a_budget_binds_a_model_by_each_of_its_names() -> None:
    """What was asked for under another name, and is known since it answered."""
    named, alias = HARD._replace(model="claude-opus-5-5"), ALICE._replace(model="opus-latest")
    books = ledger(named)
    held = books.reserve(alias, 900)
    assert held.counters == ()
    books.learn(alias, ALICE.model)
    books.settle(held, ALICE, 900)
    with pytest.raises(Refused):
        books.reserve(alias, 101)
    assert books.fullest(named).spent == 900


def test_a_budget_on_the_name_that_was_asked_for_is_charged_whatever_answers() -> None:
    on_alias = HARD._replace(model="opus-latest")
    alias = ALICE._replace(model="opus-latest")
    books = ledger(on_alias)
    books.settle(books.reserve(alias, 900), ALICE, 900)
    assert (books.fullest(on_alias).spent, books.fullest(on_alias).reserved) == (900, 0)
    with pytest.raises(Refused):
        books.reserve(alias, 101)


def test_a_new_period_begins_with_nothing_spent() -> None:
    clock = [NOW]
    books = ledger(HARD._replace(period="day"), clock=clock)
    books.settle(books.reserve(ALICE, 1000), ALICE, 1000)
    with pytest.raises(Refused):
        books.reserve(ALICE, 1)
    clock[0] += DAY_MS
    books.reserve(ALICE, 1000)


def test_what_runs_over_midnight_counts_in_the_new_day() -> None:
    clock = [NOW]
    budget = HARD._replace(period="day")
    books = ledger(budget, clock=clock)
    held = books.reserve(ALICE, 900)
    clock[0] += DAY_MS
    with pytest.raises(Refused):
        books.reserve(ALICE, 200)
    books.settle(held, ALICE, 100)
    assert books.fullest(budget).spent == 100
    books.reserve(ALICE, 900)


def test_a_model_without_a_price_passes_no_hard_budget() -> None:
    with pytest.raises(Refused, match="price") as refused:
        ledger(HARD).reserve(ALICE, None)
    assert refused.value.code == "price_unknown"
    ledger(HARD._replace(is_hard=False)).reserve(ALICE, None)


def test_a_soft_budget_warns_each_person_once_and_refuses_nothing() -> None:
    books = ledger(HARD._replace(is_hard=False))
    books.settle(books.reserve(ALICE, 5000), ALICE, 999)
    assert books.warning(ALICE, books.counters(ALICE)) == ""
    books.settle(books.reserve(ALICE, 5000), ALICE, 1)
    assert "month" in books.warning(ALICE, books.counters(ALICE))
    assert books.warning(ALICE, books.counters(ALICE)) == ""
    assert books.warning(BOB, books.counters(BOB)) != ""


def test_a_hard_budget_warns_before_it_refuses() -> None:
    books = ledger(HARD)
    books.settle(books.reserve(ALICE, 800), ALICE, 800)
    assert "is spent" in books.warning(ALICE, books.counters(ALICE))


def test_a_changed_limit_keeps_what_is_held() -> None:
    books = ledger(HARD)
    held = books.reserve(ALICE, 900)
    books.load([HARD._replace(limit_nano=1200)], lambda budget: [("", 200)])
    with pytest.raises(Refused):
        books.reserve(ALICE, 101)
    books.settle(held, ALICE, 50)
    assert (books.fullest(HARD).spent, books.fullest(HARD).reserved) == (250, 0)


def test_one_that_is_refused_holds_nothing_of_other_budgets() -> None:
    wide = Budget("b2", "", "all", "", "*", "day", True, 10**9)
    books = ledger(wide, HARD)
    with pytest.raises(Refused):
        books.reserve(ALICE, 1001)
    assert books.fullest(wide).reserved == 0


requests = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100)), max_size=60)


@given(requests, st.data())
def test_whatever_is_asked_in_whatever_order_the_limit_holds(
    asked: list[tuple[int, int]], data: st.DataObject
) -> None:
    """No request costs more than it reserved, so nothing is ever over the limit."""
    books, running = ledger(HARD), list[tuple[Reservation, int]]()
    for estimate, percent in asked:
        with suppress(Refused):
            running.append((books.reserve(ALICE, estimate), estimate * percent // 100))
        if running and data.draw(st.booleans()):
            held, cost = running.pop(data.draw(st.integers(0, len(running) - 1)))
            books.settle(held, ALICE, cost)
        counter = books.fullest(HARD)
        assert counter.spent + counter.reserved <= HARD.limit_nano
    for held, cost in running:
        books.settle(held, ALICE, cost)
    assert books.fullest(HARD).reserved == 0
    assert books.fullest(HARD).spent <= HARD.limit_nano
