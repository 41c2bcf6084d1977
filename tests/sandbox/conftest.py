"""A home with credentials and a project in it, and a real bubblewrap around commands there."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loom.sandbox import Sandbox, find_sandbox

ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C"}
KEYS = (".ssh/id_ed25519", ".aws/credentials", ".netrc", ".docker/config.json")


@pytest.fixture
def home() -> Iterator[Path]:
    # Not in /tmp, which the sandbox hides as a whole: what is not masked must be seen.
    base = Path(__file__).parents[2] / ".pytest_cache"
    base.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        home = Path(folder).resolve()
        for name in KEYS:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text("the-key")
        (home / "notes.txt").write_text("not a key")
        yield home


@pytest.fixture
def workspace(home: Path) -> Path:
    workspace = home / "project"
    subprocess.run(["git", "init", "-q", str(workspace)], env=ENVIRONMENT, check=True)
    return workspace


@pytest.fixture
def sandbox(home: Path) -> Sandbox:
    found = find_sandbox(home, environment=ENVIRONMENT)
    assert found.is_confining, found.statement
    return found


def run(sandbox: Sandbox, workspace: Path, command: str, scratch: Path | None = None) -> str:
    """What `command` wrote, errors included."""
    argv = sandbox.wrap(["bash", "-c", command], workspace, workspace, ENVIRONMENT, scratch)
    done = subprocess.run(
        argv,
        cwd=workspace,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout
