"""What costs beside a model's plain tokens: other tiers, other places, tools that providers run."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

WHOLE = 1000
"""The usual price; multipliers are thousandths of it."""

USUAL = frozenset({"standard", "default", "auto", "standard_only", "global", "not_available"})
"""What providers call the way of serving that has the table's price."""

_MAX_REMEMBERED = 1000


@dataclass(frozen=True)
class Extra:
    """One row.

    Attributes:
        names: as a request or an answer names it: `speed=fast`, `web_search`.
        times: thousandths that multiply what the request costs.
        each_nano: nano-dollars for every use.
    """

    provider: str
    names: tuple[str, ...]
    patterns: tuple[str, ...] = ("*",)
    starts_at: int = 0
    times: int = WHOLE
    each_nano: int = 0

    def fits(self, provider: str, model: str, name: str) -> bool:
        """Whether this is the row of `name`, whenever."""
        is_named = self.provider == provider and name in self.names
        return is_named and any(fnmatchcase(model, each) for each in self.patterns)


class Extras:
    """Finds rows.

    Args:
        tables: the rows of each file, those first that win.
    """

    def __init__(self, tables: Iterable[tuple[Extra, ...]] = ()) -> None:
        self._tables = tuple(tables)
        self._found: dict[tuple[str, str, str], tuple[Extra, ...]] = {}

    def find(self, provider: str, model: str, name: str, at: int) -> Extra | None:
        """The row of `name` at a time in Unix milliseconds; None when nobody knows its price."""
        key = provider, model, name
        rows = self._found.get(key)
        if rows is None:
            # Names come from outside.
            if len(self._found) >= _MAX_REMEMBERED:
                self._found.clear()
            rows = self._found[key] = self._of(*key)
        return next((row for row in rows if row.starts_at <= at), None)

    def _of(self, provider: str, model: str, name: str) -> tuple[Extra, ...]:
        for table in self._tables:
            fitting = [row for row in table if row.fits(provider, model, name)]
            if fitting:
                return tuple(sorted(fitting, key=lambda row: -row.starts_at))
        return ()


def multiplied(nano: int, rows: Iterable[Extra]) -> int:
    """`nano` as these rows multiply it, rounded up."""
    for row in rows:
        nano = -(-nano * row.times // WHOLE)
    return nano
