"""Counters, gauges and histograms, written in the Prometheus text format 0.0.4.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MAX_SERIES = 500
"""Label sets of one metric; model names come from outside and must not fill the memory."""

_LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Counter:
    """Sums by label set. A gauge is one that also goes down.

    Args:
        labels: the names of the labels; `add` takes their values in this order.
        kind: `counter` or `gauge`.
    """

    def __init__(
        self, name: str, text: str, labels: Sequence[str] = (), kind: str = "counter"
    ) -> None:
        self.name = name
        self._head = f"# HELP {name} {text}\n# TYPE {name} {kind}"
        self._labels = tuple(labels)
        self._values: dict[tuple[str, ...], float] = {}

    def add(self, amount: float, *labels: str) -> None:
        """Adds to the series of these label values; surplus series are summed as `other`."""
        try:
            self._values[labels] += amount
        except KeyError:
            if len(self._values) >= MAX_SERIES:
                labels = ("other",) * len(labels)
            self._values[labels] = self._values.get(labels, 0) + amount

    def set(self, value: float, *labels: str) -> None:
        """A gauge's present value."""
        self.add(value - self.value(*labels), *labels)

    def value(self, *labels: str) -> float:
        """The sum so far."""
        return self._values.get(labels, 0)

    def lines(self) -> Iterator[str]:
        """The metric's part of the exposition."""
        yield self._head
        for values, total in sorted(self._values.items()):
            yield f"{self.name}{_labels(self._labels, values)} {_number(total)}"
        if not self._labels and not self._values:
            yield f"{self.name} 0"


class Histogram:
    """Seconds by route, in fixed buckets."""

    def __init__(self, name: str, text: str, label: str) -> None:
        self.name = name
        self._head = f"# HELP {name} {text}\n# TYPE {name} histogram"
        self._label = label
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, seconds: float, label: str) -> None:
        """Counts one duration."""
        counts = self._counts.get(label)
        if counts is None:
            counts = self._counts[label] = [0] * (len(_LATENCIES) + 1)
        counts[bisect_left(_LATENCIES, seconds)] += 1
        self._sums[label] = self._sums.get(label, 0.0) + seconds

    def lines(self) -> Iterator[str]:
        """The metric's part of the exposition; buckets are cumulative."""
        yield self._head
        for label, counts in sorted(self._counts.items()):
            total = 0
            for bound, count in zip((*_LATENCIES, "+Inf"), counts, strict=True):
                total += count
                pair = _labels((self._label, "le"), (label, str(bound)))
                yield f"{self.name}_bucket{pair} {total}"
            own = _labels((self._label,), (label,))
            yield f"{self.name}_sum{own} {self._sums[label]:.6f}"
            yield f"{self.name}_count{own} {total}"


class Metrics:
    """What the server counts about itself."""

    def __init__(self) -> None:
        self.requests = Counter(
            "loom_http_requests_total", "Requests answered.", ("route", "status")
        )
        self.latency = Histogram(
            "loom_http_request_seconds", "Seconds from request to the end of its answer.", "route"
        )
        self.proxied = Counter(
            "loom_proxy_requests_total", "Requests sent to providers.", ("provider", "wire")
        )
        self.tokens = Counter(
            "loom_proxy_tokens_total",
            "Tokens as the providers count them.",
            ("provider", "model", "kind"),
        )
        self.streams = Counter(
            "loom_proxy_active_streams", "Streams open now.", ("provider",), "gauge"
        )
        self.job_runs = Counter(
            "loom_job_runs_total", "Runs of the server's own jobs.", ("job", "status")
        )
        self.upstream_errors = Counter(
            "loom_proxy_upstream_errors_total", "Provider failures.", ("provider", "kind")
        )

        self.failovers = Counter(
            "loom_proxy_failovers_total", "Requests passed on to another account.", ("provider",)
        )
        self.account_available = Counter(
            "loom_proxy_account_available",
            "Whether an account can serve now.",
            ("provider", "account"),
            "gauge",
        )

    def text(self) -> str:
        """The whole exposition."""
        metrics = (
            self.requests,
            self.latency,
            self.proxied,
            self.tokens,
            self.streams,
            self.upstream_errors,
            self.job_runs,
            self.failovers,
            self.account_available,
        )
        return "\n".join(line for metric in metrics for line in metric.lines()) + "\n"


def _number(value: float) -> str:
    """All digits: a rounded counter stands still and then jumps."""
    return str(int(value)) if value == int(value) else repr(value)


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
