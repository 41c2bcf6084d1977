import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.server.rate_limits import Rate, RateLimits, client_key

RATE = Rate("r", 3, 10.0)


class Clock:
    now = 0

    def __call__(self) -> int:
        return self.now


def test_a_burst_is_let_through_and_then_one_each_time() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    assert [limits.take(RATE, "a").wait for _ in range(4)] == [0, 0, 0, 10]
    clock.now += 4_000
    assert limits.take(RATE, "a").wait == pytest.approx(6)
    clock.now += 6_000
    assert limits.take(RATE, "a").wait == 0
    assert limits.take(RATE, "b").wait == 0
    assert limits.take(Rate("other", 1, 1), "a").wait == 0


def test_the_first_refusal_of_a_row_is_told_from_the_rest() -> None:
    limits = RateLimits(Clock())
    said = [limits.take(Rate("r", 1, 10), "a").is_first for _ in range(4)]
    assert said == [False, True, False, False]


def test_a_clock_that_goes_back_gives_and_takes_nothing() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    clock.now = 1_000_000
    for _ in range(3):
        limits.take(RATE, "a")
    clock.now = 0
    assert limits.take(RATE, "a").wait == 10


def test_memory_is_bounded_and_the_least_used_is_forgotten() -> None:
    limits = RateLimits(Clock(), most=100)
    for _ in range(3):
        limits.take(RATE, "kept")
    for n in range(1_000):
        limits.take(RATE, str(n))
        assert limits.take(RATE, "kept").wait > 0
    assert len(limits) == 100


@given(st.lists(st.integers(0, 20_000), max_size=60))
def test_no_more_than_the_rate_is_ever_let_through(gaps: list[int]) -> None:
    clock = Clock()
    limits, taken = RateLimits(clock), 0
    for gap in gaps:
        clock.now += gap
        taken += limits.take(RATE, "a").wait == 0
    assert taken <= RATE.burst + clock.now / 1000 / RATE.every + 1e-6


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        (None, ""),
        ("unix", "unix"),
    ],
)
def test_a_customer_of_ipv6_counts_as_one(address: str | None, key: str) -> None:
    assert client_key(address) == key
