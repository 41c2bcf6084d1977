import pytest

from loom.server.spending.periods import Period, bounds, date_of
from tests.server.spending.test_prices import ms


@pytest.mark.parametrize(
    ("period", "at", "begins", "ends"),
    [
        ("day", "2026-11-28T23:59:59", "2026-11-28", "2026-11-29"),
        ("week", "2026-11-29T23:59:59", "2026-11-23", "2026-11-30"),
        ("week", "2026-11-30T00:00:00", "2026-11-30", "2026-12-07"),
        ("week", "1970-01-01T00:00:00", "1969-12-29", "1970-01-05"),
        ("month", "2026-12-31T23:59:59", "2026-12-01", "2027-01-01"),
        ("month", "2028-02-29T12:00:00", "2028-02-01", "2028-03-01"),
    ],
)
def test_a_period_has_its_bounds_in_utc(period: Period, at: str, begins: str, ends: str) -> None:
    first, after = bounds(period, ms(at))
    assert (str(date_of(first)), str(date_of(after))) == (begins, ends)
