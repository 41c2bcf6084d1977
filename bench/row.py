"""One line of the table: a promise, and what was measured."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`measured` must not exceed `limit`, both in `unit`; `detail` holds the raw medians."""

    name: str
    measured: float
    limit: float
    unit: str = "x"
    detail: str = ""

    @property
    def holds(self) -> bool:
        """The promise was kept in this run."""
        return self.measured <= self.limit


def ratio(
    name: str, ours: Sequence[float], floor: Sequence[float], limit: float, unit: str = "ms"
) -> Row:
    """A row comparing the medians of two samples that are given in `unit`."""
    median, base = statistics.median(ours), statistics.median(floor)
    detail = f"{median:.1f} {unit} beside {base:.1f} {unit}, {len(ours)} runs each"
    return Row(name, median / base, limit, detail=detail)
