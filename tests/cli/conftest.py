import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.office import Office


@dataclass(frozen=True)
class Served:
    """A running `loom --server`, and what it said when it listened."""

    process: subprocess.Popen[str]
    greeting: tuple[str, str]

    @property
    def url(self) -> str:
        return self.greeting[0].rsplit(" ", 1)[-1].strip()


Serve = Callable[..., Served]
Loom = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def clean_environment(tmp_path: Path) -> dict[str, str]:
    """A home of its own, and none of the variables that Loom listens to."""
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


@pytest.fixture
def loom(clean_environment: dict[str, str], tmp_path: Path) -> Loom:
    """Runs the real program in a process of its own, in an empty folder."""

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "loom", *words],
            env={**clean_environment, **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
        )

    return run


@pytest.fixture
def serve(clean_environment: dict[str, str], tmp_path: Path) -> Iterator[Serve]:
    """Starts `loom --server` on a free port; stops it when the test is over."""
    with ExitStack() as stack:

        def start(**variables: str) -> Served:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "loom", "--server", "--port", "0"],
                    env={**clean_environment, **variables},
                    cwd=tmp_path,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            )
            stack.callback(process.send_signal, signal.SIGTERM)
            assert process.stdout is not None
            return Served(process, (process.stdout.readline(), process.stdout.readline()))

        yield start


@pytest.fixture
def office(serve: Serve, loom: Loom, tmp_path: Path) -> Callable[..., Office]:
    """Starts a team's server, and signs people up at it by name."""
    database = tmp_path / "server.db"
    served = serve(LOOM_SERVER_DB_PATH=str(database))

    def open_for(*names: str) -> Office:
        made = Office(served.url, database, loom)
        for name in names:
            made.sign_up(name)
        return made

    return open_for
