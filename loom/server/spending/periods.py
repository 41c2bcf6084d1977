"""Days, weeks that begin on Monday, and months: all in UTC, as whole days since 1970-01-01."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal

Period = Literal["day", "week", "month"]
DAY_MS = 24 * 3600 * 1000
_EPOCH = date(1970, 1, 1)


def day_of(at: int) -> int:
    """The day of a time in Unix milliseconds."""
    return at // DAY_MS


def date_of(day: int) -> date:
    """As the calendar has it."""
    return _EPOCH + timedelta(days=day)


def bounds(period: Period, at: int) -> tuple[int, int]:
    """The first day of the period that `at` (Unix ms) falls in, and the first one after it."""
    day = day_of(at)
    if period == "day":
        return day, day + 1
    if period == "week":
        # 1970-01-01 was a Thursday.
        monday = day - (day + 3) % 7
        return monday, monday + 7
    first = datetime.fromtimestamp(at / 1000, UTC).date().replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    return (first - _EPOCH).days, (after - _EPOCH).days
