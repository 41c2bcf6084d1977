import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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
