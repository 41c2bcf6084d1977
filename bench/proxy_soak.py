"""A thousand slow streams at once for ten minutes; clients leave, and the provider breaks off.

`python -m bench proxy_soak`; with `--quick` one minute. Every stream's bytes are compared with what
the provider sent. Nothing may be left behind: streams, tasks, sockets, memory.
"""

import asyncio
import os
import random
import re
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from bench.proxies.contestants import SERVE, Arena, Contestant, claude_body, loom, messages_path
from bench.proxies.leaving import stats
from bench.proxies.processes import HERE, memory, port, started
from bench.proxies.rough import Crowd
from bench.row import Row

IS_LONG = True
CLIENTS = 1000
LENGTH, QUICK_LENGTH = 600.0, 60.0
WARM_UP = 36.0
"""Seconds after which memory is not to grow any more."""

SETTLING = 35.0
"""Seconds until connections to the provider that idle are closed."""

SEED = 4
TELLS_TASKS = """
import asyncio, gc, os, pathlib, signal
def tell(*_):
    tasks = [each for each in gc.get_objects() if isinstance(each, asyncio.Task)]
    count = sum(not each.done() for each in tasks)
    pathlib.Path(os.environ["HOME"], "tasks").write_text(f"{count}\\n")
signal.signal(signal.SIGUSR1, tell)
"""
HANDLED = re.compile(r'^loom_http_requests_total{route="/proxy/[^"]*".*} (\d+)$', re.MULTILINE)


@dataclass(frozen=True)
class Held:
    """What there is when nobody asks for anything; the last three since the start.

    Attributes:
        at_provider: requests that reached the provider; what was sent again counts once.
        handled: requests to a model that the server took in and was done with, however they ended.
    """

    tasks: int
    sockets: int
    streams: int
    at_provider: int
    handled: int
    usage_rows: int


def measure() -> Iterator[Row]:
    """One row a promise."""
    seconds = QUICK_LENGTH if os.environ.get("LOOM_BENCH_QUICK") else LENGTH
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        upstream = stack.enter_context(started([HERE / "upstream.py"]))
        at, home = port(upstream), Path(folder)
        provider = Contestant("provider", upstream.pid, at, messages_path, claude_body)
        program = TELLS_TASKS + SERVE
        native, own = stack.enter_context(loom(f"http://127.0.0.1:{at}", home, program))
        arena = Arena(provider, native, own, provider, {})
        yield from rows(arena, home, seconds)


def rows(arena: Arena, home: Path, seconds: float) -> Iterator[Row]:
    """Warms up with a few streams, so that what is made once is there; then the crowd comes."""
    asyncio.run(Crowd(arena, random.Random(SEED)).run(20, 5.0))
    time.sleep(SETTLING)
    before = held(arena, home)
    crowd, samples = asyncio.run(crowded(arena, seconds))
    time.sleep(SETTLING)
    after = held(arena, home)
    print(*crowd.wrong, sep="\n", file=sys.stderr)
    detail = ", ".join(f"{count} {kind}" for kind, count in sorted(crowd.came.items()))
    yield Row("soak: streams with wrong bytes or a wrong end", crowd.came["wrong"], 0, "", detail)
    yield Row("soak: streams left open at the provider", after.streams, 0, "")
    yield Row("soak: tasks left", after.tasks - before.tasks, 0, "")
    yield Row("soak: sockets left", after.sockets - before.sockets, 0, "")
    slope, peak = slope_mb(samples), max(size for _, size in samples)
    yield Row("soak: memory's growth in a minute", slope, 1.0, "MB", f"at most {peak:.0f} MB")
    yield from usage_checks(before, after)


def usage_checks(before: Held, after: Held) -> Iterator[Row]:
    """Every request leaves one row, also one that was refused or whose client left: no row less,
    and none too many. What reached the provider is money, whoever counts.
    """
    rows = after.usage_rows - before.usage_rows
    handled = after.handled - before.handled
    at_provider = after.at_provider - before.at_provider
    detail = f"{rows} rows, {handled} requests, {at_provider} at the provider"
    yield Row("soak: usage rows missing or too many", abs(handled - rows), 0, "", detail)
    unpaid = max(0, at_provider - rows)
    yield Row("soak: requests at the provider without a usage row", unpaid, 0, "")


async def crowded(arena: Arena, seconds: float) -> tuple[Crowd, list[tuple[float, float]]]:
    """The crowd, and minutes and megabytes while it was there, without the warm-up."""
    crowd, samples, at = Crowd(arena, random.Random(SEED + 1)), [], time.monotonic()
    running = asyncio.ensure_future(crowd.run(CLIENTS, seconds))
    while not running.done():
        passed = time.monotonic() - at
        if WARM_UP < passed < seconds * 0.95:
            samples.append((passed / 60, memory(arena.native.process)))
        await asyncio.wait([running], timeout=2)
    await running
    return crowd, samples


def held(arena: Arena, home: Path) -> Held:
    """Asks the server's process, its database and the provider."""
    told, process = stats(arena.provider), arena.native.process
    descriptors = Path(f"/proc/{process}/fd")
    sockets = [each for each in descriptors.iterdir() if "socket:" in os.readlink(each)]
    at_provider, handled = told["requests"] - told["again"], handled_by(arena.native)
    counted = at_provider, handled, usage_rows(home)
    return Held(tasks_of(process, home), len(sockets), told["active"], *counted)


def handled_by(server: Contestant) -> int:
    """Requests to a model, whatever they were told."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        text = answer.read().decode()
    return sum(map(int, HANDLED.findall(text)))


def tasks_of(process: int, home: Path) -> int:
    """How many tasks run in the server."""
    told = home / "tasks"
    told.unlink(missing_ok=True)
    os.kill(process, signal.SIGUSR1)
    while not (told.exists() and told.read_text()):
        time.sleep(0.05)
    return int(told.read_text())


def usage_rows(home: Path) -> int:
    """Rows of the usage table."""
    (database,) = home.rglob("server.db")
    with closing(sqlite3.connect(database)) as connection:
        found: int = connection.execute("SELECT count(*) FROM usage_requests").fetchone()[0]
        return found


def slope_mb(samples: Sequence[tuple[float, float]]) -> float:
    """Megabytes a minute."""
    minutes, sizes = zip(*samples, strict=True)
    return statistics.linear_regression(minutes, sizes).slope
