"""Loom's screen in a real terminal, beside a plain Textual app and, when asked, its peers.

LOOM_BENCH_PEERS=1 (`python -m bench tui --peers`) measures Claude Code and Codex too,
LOOM_BENCH_QUICK=1 (`--quick`) makes everything shorter, LOOM_BENCH_ONLY=paced,full chooses among
SECTIONS. What each row means is in `specs/bench.md`.
"""

import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.proxies.processes import port, started
from bench.row import Row
from bench.terminals import contestants, peers, scenes
from bench.terminals.contestants import Contestant
from bench.terminals.isolation import leave_network
from bench.terminals.latency import Latencies, percentile
from bench.terminals.noise import noise
from bench.terminals.process_tree import adopt_orphans
from bench.terminals.samples import OURS, median, p50, p99, raw, rounds
from bench.terminals.stored_thread import LAST_WORDS, store_with, thread_id

PROVIDER = Path(__file__).parent / "terminals/provider.py"
SWITCH = 0.0005
"""Seconds after which a thread of the bench lets the one go on that notes when bytes came."""


@dataclass(frozen=True)
class Field:
    """Who is measured, and whether shortly."""

    everyone: Sequence[Contestant]
    is_quick: bool

    @property
    def loom(self) -> Contestant:
        """Loom alone."""
        return next(one for one in self.everyone if one.name == OURS)

    def of(self, full: int, quick: int) -> int:
        """How many, how long."""
        return quick if self.is_quick else full


def measure() -> Iterator[Row]:
    """The chosen sections, and how noisy the machine was meanwhile."""
    programs = peers.install() if os.environ.get("LOOM_BENCH_PEERS") else {}
    adopt_orphans()
    sys.setswitchinterval(SWITCH)
    if not leave_network() and programs:
        print("the peers are not measured: this machine isolates no network", file=sys.stderr)
        programs = {}
    with ExitStack() as stack:
        provider = stack.enter_context(started([PROVIDER]))
        late = stack.enter_context(noise())
        at = port(provider)
        everyone = (contestants.loom(at), contestants.floor(at), *peers.contestants(at, programs))
        field = Field(everyone, bool(os.environ.get("LOOM_BENCH_QUICK")))
        for section in chosen():
            yield from section(field)
    yield noise_row(late)


def chosen() -> Iterator[Callable[[Field], Iterator[Row]]]:
    """The sections that LOOM_BENCH_ONLY names; without it, all."""
    only = os.environ.get("LOOM_BENCH_ONLY", "")
    for name in only.split(",") if only else SECTIONS:
        if name not in SECTIONS:
            raise OSError(f"no section {name!r}; there are: {', '.join(SECTIONS)}")
        print(f"measuring tui: {name} ...", file=sys.stderr)
        yield SECTIONS[name]


def startup(field: Field) -> Iterator[Row]:
    """Starting."""
    samples = rounds(field.everyone, field.of(7, 2), scenes.startup)
    yield samples.ratio("prompt on screen", 1.5, "s", median("prompt"))
    yield samples.ratio("keys accepted", 1.5, "s", median("keys"))
    yield samples.row("CPU until the prompt", math.inf, "s", median("cpu"))


def idle(field: Field) -> Iterator[Row]:
    """Doing nothing, and keys at rest."""
    seconds = field.of(8, 3)
    samples = rounds(field.everyone, field.of(2, 1), lambda one: scenes.idle(one, seconds))
    yield samples.row("idle: CPU", 0.5, "%", median("cpu"))
    yield samples.row("idle: bytes to the terminal", 0.0, "B/s", median("written"))
    yield samples.row("idle: memory", 120.0, "MB", median("memory"))
    yield samples.row("key echo, idle, p50", 8.0, "ms", p50, raw)
    yield samples.row("key echo, idle, p99", 20.0, "ms", p99, raw)


def paced(field: Field) -> Iterator[Row]:
    """An answer at 100 tokens a second, watched and typed into."""
    seconds = field.of(20, 10)
    samples = rounds(field.everyone, field.of(2, 1), lambda one: scenes.paced(one, seconds))
    yield samples.row("CPU, 100 tokens/s", 25.0, "%", median("cpu"))
    yield samples.row("key echo, 100 tokens/s, p50", 10.0, "ms", p50, raw)
    yield samples.row("key echo, 100 tokens/s, p99", 40.0, "ms", p99, raw)
    yield samples.row("end seen after the provider's", math.inf, "s", median("late"))


def full(field: Field) -> Iterator[Row]:
    """5,000 tokens at once."""
    samples = rounds(field.everyone, field.of(3, 1), lambda one: scenes.full(one, 5000))
    yield samples.row("5,000 tokens: wall", 1.2, "s", median("wall"))
    yield samples.row("5,000 tokens: CPU", 1.0, "s", median("cpu"))


def resize(field: Field) -> Iterator[Row]:
    """Another window size while an answer streams."""
    samples = rounds(field.everyone, 1, scenes.resize)

    def repaints(results: Sequence[scenes.Resize]) -> list[float]:
        return [time for result in results for time in result.repaints]

    yield samples.row(
        "repaint after a resize, 100 tokens/s, median",
        40.0,
        "ms",
        lambda results: percentile(repaints(results), 0.5),
        lambda results: f"worst {max(repaints(results)):.0f} ms of {len(repaints(results))}",
    )


def exchanges(field: Field) -> Iterator[Row]:
    """A session's two hundredth exchange beside its twenty-fifth."""
    marks = (5, 20) if field.is_quick else (25, 200)
    samples = rounds(field.everyone, 1, lambda one: scenes.exchanges(one, marks))

    def growth(
        part: Callable[[scenes.Checkpoint], float],
    ) -> Callable[[list[list[scenes.Checkpoint]]], float]:
        return lambda runs: part(runs[0][1]) / max(1e-9, part(runs[0][0]))

    before, after = marks
    name = f"exchange {after} beside {before}"
    yield samples.row(f"{name}: CPU of a turn", 1.2, "x", growth(lambda point: point.cpu))
    yield samples.row(f"{name}: key echo p50", 1.2, "x", growth(lambda point: point.keys.p50))
    yield samples.row(
        f"memory of an exchange, {before} to {after}",
        0.15,
        "MB",
        lambda runs: (runs[0][1].memory - runs[0][0].memory) / (after - before),
    )


def thread(field: Field) -> Iterator[Row]:
    """A stored thread of 5,000 messages beside one of 50; Loom's alone."""
    lengths = (500 if field.is_quick else 5000, 50)
    with TemporaryDirectory() as folder:
        samples = rounds(
            [stored(field.loom, Path(folder), length) for length in lengths],
            field.of(3, 1),
            lambda one: scenes.reopened(one, LAST_WORDS),
        )
    long, short = (samples.results[f"{length} messages"] for length in lengths)
    if not long or not short:
        yield Row("a long thread", math.inf, 0.0, "x", "; ".join(samples.failures)[:300])
        return
    name = f"thread of {lengths[0]:,} messages beside {lengths[1]}"
    for what, limit, of in (
        ("open", 1.3, median("opened")),
        ("key echo p50", 1.1, p50),
    ):
        detail = f"{of(long):.2f} beside {of(short):.2f}"
        yield Row(f"{name}: {what}", of(long) / of(short), limit, "x", detail)
    heavy, light = median("memory")(long), median("memory")(short)
    detail = f"{heavy:.1f} MB beside {light:.1f} MB"
    yield Row(f"{name}: memory", heavy - light, 40.0, "MB more", detail)


def stored(loom: Contestant, folder: Path, length: int) -> Contestant:
    """Loom that resumes a thread of `length` messages."""
    store = store_with(folder, length)
    resuming = loom.with_arguments("resume", thread_id(length), store=store)
    return replace(resuming, name=f"{length} messages")


def tools(field: Field) -> Iterator[Row]:
    """Keys while the agent's shell command writes; Loom's alone."""
    seconds = field.of(10, 5)
    samples = rounds(
        [field.loom], field.of(2, 1), lambda one: scenes.while_a_tool_runs(one, seconds)
    )
    yield samples.row("key echo while a tool runs, p50", 10.0, "ms", p50, raw)
    yield samples.row("key echo while a tool runs, p99", 40.0, "ms", p99, raw)
    yield samples.row("CPU while a tool runs", math.inf, "%", median("cpu"))


def work(field: Field) -> Iterator[Row]:
    """Keys while something else than an answer keeps Loom busy; Loom's alone."""
    seconds, length = field.of(10, 4), 500 if field.is_quick else 5000
    with TemporaryDirectory() as folder:
        long = stored(field.loom, Path(folder), length)
        short = stored(field.loom, Path(folder), 250)
        scenes_of: Mapping[str, Callable[[Contestant], Latencies]] = {
            f"a thread of {length:,} is searched": lambda _: scenes.while_finding(
                long, LAST_WORDS, seconds
            ),
            "diffs come": lambda loom: scenes.while_diffs_come(loom, seconds),
            "a thread is compacted": lambda _: scenes.while_compacting(short, LAST_WORDS, seconds),
        }
        for name, scene in scenes_of.items():
            samples = rounds([field.loom], 1, scene)
            yield samples.row(
                f"key echo while {name}, p50", 10.0, "ms", lambda keys: keys[0].p50, summary
            )
            yield samples.row(
                f"key echo while {name}, p99", 40.0, "ms", lambda keys: keys[0].p99, summary
            )


def summary(results: Sequence[Latencies]) -> str:
    """The uncorrected numbers."""
    return results[0].summary


def noise_row(late: Sequence[float]) -> Row:
    """How late sleepers were woken."""
    detail = f"p50 {percentile(late, 0.5):.2f} ms, load {os.getloadavg()[0]:.1f}"
    return Row(
        "the machine's own wake-up noise, p99", percentile(late, 0.99), math.inf, "ms", detail
    )


SECTIONS: Mapping[str, Callable[[Field], Iterator[Row]]] = {
    "startup": startup,
    "idle": idle,
    "paced": paced,
    "full": full,
    "resize": resize,
    "exchanges": exchanges,
    "thread": thread,
    "tools": tools,
    "work": work,
}
