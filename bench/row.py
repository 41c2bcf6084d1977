"""One line of the table: a promise, and what was measured."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """`measured` must not exceed `limit`, both in `unit`; `detail` holds the raw medians.

    Attributes:
        limit: infinite for a number that is only shown.
        beside: the same of others, as text by their name.
    """

    name: str
    measured: float
    limit: float
    unit: str = "x"
    detail: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_promise(self) -> bool:
        """Whether it can be broken."""
        return math.isfinite(self.limit)

    @property
    def holds(self) -> bool:
        """The promise was kept in this run."""
        return not self.is_promise or self.measured <= self.limit


def ratio(
    name: str, ours: Sequence[float], floor: Sequence[float], limit: float, unit: str = "ms"
) -> Row:
    """A row comparing the medians of two samples that are given in `unit`."""
    median, base = statistics.median(ours), statistics.median(floor)
    detail = f"{median:.1f} {unit} beside {base:.1f} {unit}, {len(ours)} runs each"
    return Row(name, median / base, limit, detail=detail)
