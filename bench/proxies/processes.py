"""Processes that are measured: started, asked for their port, and what they and theirs cost."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.terminals.process_tree import PROC, children_by_parent, threads_of, worked

PAGE = os.sysconf("SC_PAGE_SIZE")
HERE = Path(__file__).parent


@contextmanager
def started(
    command: Sequence[str | Path], environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended afterwards; one that ends in .py is run by this Python."""
    if str(command[0]).endswith(".py"):
        command = (sys.executable, *command)
    process = subprocess.Popen(
        list(map(str, command)),
        env={"PATH": os.environ["PATH"], **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def port(process: subprocess.Popen[str]) -> int:
    """The port at the end of the first line that the process prints."""
    assert process.stdout is not None
    line = process.stdout.readline()
    return int(line.rpartition(":")[2])


def wait_for(url: str, seconds: float) -> None:
    """Until something answers there. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers at {url}")


def pids(root: int) -> list[int]:
    """A process and its descendants."""
    children = children_by_parent()
    found = [root]
    for pid in found:
        found += children[pid]
    return found


def cpu(root: int) -> float:
    """Seconds on a core, of all threads of the tree, by the scheduler's own count."""
    return sum(worked(thread) for pid in pids(root) for thread in threads_of(pid)) / 1e9


def memory(root: int) -> float:
    """Resident megabytes of the tree."""
    pages = (int((PROC / str(pid) / "statm").read_text().split()[1]) for pid in pids(root))
    return sum(pages) * PAGE / 1e6
