"""Starting: `loom --version` beside bare Python, the first paint beside a one-label Textual app.

LOOM_BENCH_APP names another command than `loom` (shell words), LOOM_BENCH_READY the text whose
appearance is its first paint.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.row import Row, ratio
from bench.terminal import Terminal

VERSION_RUNS, PAINT_RUNS = 31, 9
LOOM = Path(sys.executable).with_name("loom")
LABEL_APP = (sys.executable, str(Path(__file__).with_name("label_app.py")))
# A letter that no screen of ours shows by itself.
KEY = "ж"


def measure() -> Iterator[Row]:
    """The three rows about starting."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        yield version_row(environment)
        yield from paint_rows(environment, home)


def version_row(environment: Mapping[str, str]) -> Row:
    """`loom --version` beside `python -c ""`."""
    ours, floor = [], []
    for _ in range(VERSION_RUNS):
        ours.append(run_ms([str(LOOM), "--version"], environment))
        floor.append(run_ms([sys.executable, "-c", ""], environment))
    return ratio('loom --version beside python -c ""', ours, floor, 3.0)


def run_ms(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Milliseconds from start to end of a command that prints little."""
    started = time.perf_counter()
    subprocess.run(command, env=dict(environment), stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - started) * 1000


def paint_rows(environment: Mapping[str, str], folder: str) -> Iterator[Row]:
    """First paint beside the floor's, and the echo of a key pressed at that moment."""
    app = shlex.split(os.environ.get("LOOM_BENCH_APP", str(LOOM)))
    ready = os.environ.get("LOOM_BENCH_READY", "Loom to do something")
    ours, floor, echoes = [], [], []
    for _ in range(PAINT_RUNS):
        with Terminal(app, environment, folder) as terminal:
            painted = terminal.wait_for(ready)
            terminal.forget()
            terminal.type(KEY)
            echoes.append((terminal.wait_for(KEY) - painted) * 1000)
        ours.append((painted - terminal.started) * 1000)
        with Terminal(LABEL_APP, environment, folder) as terminal:
            floor.append((terminal.wait_for("READY") - terminal.started) * 1000)
    yield ratio("first paint beside a one-label Textual app", ours, floor, 1.5)
    yield Row("a key pressed at first paint is on the screen", max(echoes), 250.0, "ms", "slowest")
