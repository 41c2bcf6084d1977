"""Completing `@` in a git repository of 100,000 files: from a key to its rows on the screen.

The real app in a real pseudo-terminal; words are typed letter by letter, each once its rows are
there: when the screen looks as it then stays. The first `@` finds nothing prepared: the worker is
not yet started, the list not yet read.
"""

import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

from bench.row import Row
from bench.terminals.pseudo_terminal import PseudoTerminal
from loom.tools.files.index import Index
from loom.tools.files.listing import listed
from loom.vcs.git import GIT

LOOM = Path(sys.executable).with_name("loom")
FILES = 100_000
COLD_RUNS = 7
LIMIT_MS, WHOLE_MS = 50.0, 1_500.0
SETTLED, BETWEEN_KEYS = 1.5, 0.15
LAST = "zoo.md"
WORDS = """
account agent audit badge cache card client column config core data event field filter form
graph handler icon index invoice layout list merge model note order page parser payment query
queue render report route schema screen server session store stream table task theme thread
token tree user view widget worker
"""
ENDINGS = (".py", ".ts", ".go", ".md", ".json", "_test.py")
TYPED = ("store", "usrpay", "widget_tree", "thm", "worker.go", "card/tok")


def measure() -> Iterator[Row]:
    """Cold and warm, each the 95th percentile."""
    with tempfile.TemporaryDirectory() as home:
        workspace = Path(home, "work")
        make_repository(workspace)
        environment = {"HOME": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        first, last = cold_ms(environment, workspace)
        yield row("the first @ in 100,000 files shows rows", first, LIMIT_MS)
        yield row("the file git lists last is found after the first @", last, WHOLE_MS)
        yield row("each further key shows its rows", warm_ms(environment, workspace), LIMIT_MS)


def cold_ms(environment: Mapping[str, str], workspace: Path) -> tuple[list[float], list[float]]:
    """From the first `@` to the first rows, and to the row of the last file."""
    first, last = [], []
    top = min(entry.name for entry in workspace.iterdir() if entry.name[0] != ".")
    for _ in range(COLD_RUNS):
        with PseudoTerminal([str(LOOM)], environment, str(workspace)) as screen:
            screen.wait_for("Loom to do something", 20.0)
            screen.rest(SETTLED)
            typed = time.perf_counter()
            screen.type("@")
            first.append((screen.wait_for(re.escape(top), 20.0) - typed) * 1000)
            screen.type(LAST[:3])
            last.append((screen.wait_for(re.escape(LAST), 20.0) - typed) * 1000)
    return first, last


def warm_ms(environment: Mapping[str, str], workspace: Path) -> list[float]:
    """From each key of TYPED to the row that fits best."""
    index = Index()
    for batch in listed(workspace, GIT):
        index.add(batch.paths)
    times: list[float] = []
    with PseudoTerminal([str(LOOM)], environment, str(workspace)) as screen:
        screen.wait_for("Loom to do something", 20.0)
        screen.rest(SETTLED)
        screen.type(f"@{LAST[:3]}")
        screen.wait_for(re.escape(LAST), 20.0)
        screen.rest(SETTLED)
        for word in TYPED:
            screen.type("\x15@")
            screen.rest(SETTLED)
            times += word_ms(screen, word, index)
    return times


def word_ms(screen: PseudoTerminal, word: str, index: Index) -> Iterator[float]:
    """A key, and the next one when its rows are there and a moment has passed.

    Raises:
        TimeoutError: the row that fits best is not on the screen.
    """
    for count, letter in enumerate(word, 1):
        best = next(iter(index.search(word[:count])))[0].path
        typed = time.perf_counter()
        screen.type(letter)
        yield (settled_at(screen) - typed) * 1000
        if not screen.shows(re.escape(best)):
            raise TimeoutError(f"no {best!r} on the screen:\n{screen.display.text}")


def settled_at(screen: PseudoTerminal) -> float:
    """When the screen first looked as it still did BETWEEN_KEYS seconds after its last change."""
    looks, at = screen.display.text, time.perf_counter()
    while piece := screen.read(BETWEEN_KEYS):
        if screen.display.text != looks:
            looks, at = screen.display.text, piece.at
    return at


def row(name: str, times: Sequence[float], limit: float) -> Row:
    """The 95th percentile, beside the median."""
    worst = sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]
    detail = f"median {statistics.median(times):.1f} ms, {len(times)} keys"
    return Row(name, worst, limit, "ms", detail)


def make_repository(workspace: Path) -> None:
    """FILES empty files in some thousand folders, all committed, the same in every run."""
    chance = random.Random(7)
    folders = [f"{a}/{b}/{c}" for a, b, c in product(chance.sample(WORDS.split(), 20), repeat=3)]
    names = [f"{a}_{b}{ending}" for a, b in product(WORDS.split(), repeat=2) for ending in ENDINGS]
    for folder in folders[: FILES // 20]:
        place = workspace / folder
        place.mkdir(parents=True)
        for name in chance.sample(names, 20):
            (place / name).touch()
    (workspace / LAST).touch()
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "files"]):
        identity = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
        subprocess.run(["git", *identity, *words], cwd=workspace, check=True)
