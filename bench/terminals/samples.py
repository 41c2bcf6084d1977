"""Rounds in which every contestant takes its turn, and the rows of the table they give."""

import math
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Generic, TypeVar

from bench.row import Row
from bench.terminals.contestants import Contestant
from bench.terminals.latency import Latencies

T = TypeVar("T")
OURS, FLOOR = "Loom", "floor"
FAILURES = (TimeoutError, EOFError)


@dataclass
class Samples(Generic[T]):
    """The results of each contestant; of one that always failed, none."""

    results: dict[str, list[T]]
    failures: list[str] = field(default_factory=list)

    def value(self, name: str, of: Callable[[list[T]], float]) -> float:
        """`of` the contestant's results; not a number where there are none."""
        results = self.results.get(name)
        return of(results) if results else math.nan

    def row(
        self,
        name: str,
        limit: float,
        unit: str,
        of: Callable[[list[T]], float],
        detail: Callable[[list[T]], str] = lambda results: f"{len(results)} runs",
    ) -> Row:
        """Loom's number against `limit`, the others' beside it."""
        ours = self.results[OURS]
        if not ours:
            return Row(name, math.inf, limit, unit, "; ".join(self.failures)[:300])
        return Row(name, of(ours), limit, unit, detail(ours), self.beside(of, unit))

    def ratio(self, name: str, limit: float, unit: str, of: Callable[[list[T]], float]) -> Row:
        """Loom's number divided by the floor's against `limit`; the numbers are in `unit`."""
        ours, base = self.value(OURS, of), self.value(FLOOR, of)
        if math.isnan(ours / base):
            return Row(name, math.inf, limit, detail="; ".join(self.failures)[:300])
        detail = f"{ours:.2f} {unit} beside {base:.2f} {unit}"
        return Row(name, ours / base, limit, "x", detail, self.beside(of, unit))

    def beside(self, of: Callable[[list[T]], float], unit: str) -> dict[str, str]:
        """The others' numbers as the table shows them."""
        others = (name for name in self.results if name != OURS)
        values = {name: self.value(name, of) for name in others}
        return {
            name: "failed" if math.isnan(value) else f"{value:.2f} {unit}"
            for name, value in values.items()
        }


def rounds(
    contestants: Sequence[Contestant], count: int, scene: Callable[[Contestant], T]
) -> Samples[T]:
    """Each in turn, `count` times; who fails is told of and has fewer results."""
    samples: Samples[T] = Samples({contestant.name: [] for contestant in contestants})
    for _ in range(count):
        for contestant in contestants:
            try:
                samples.results[contestant.name].append(scene(contestant))
            except FAILURES as error:
                print(f"{contestant.name}: {error}", file=sys.stderr)
                samples.failures.append(f"{contestant.name}: {error}".splitlines()[0])
    return samples


def median(number: str) -> Callable[[list[Any]], float]:
    """The median of one number of each result."""
    return lambda results: statistics.median(map(attrgetter(number), results))


def p50(results: list[Any]) -> float:
    """The corrected median of the `keys` of all results."""
    return pooled(results).p50


def p99(results: list[Any]) -> float:
    """The corrected 99th percentile of the same."""
    return pooled(results).p99


def raw(results: list[Any]) -> str:
    """The same numbers as a person would have felt them, waiting for a core included."""
    return pooled(results).summary


def pooled(results: list[Any]) -> Latencies:
    """The keys of all results."""
    return sum((result.keys for result in results), Latencies())
