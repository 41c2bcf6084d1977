"""The demo's project: a small real program with a genuine bug, cloned fresh for every demo."""

import shutil
import subprocess
from importlib.resources import as_file, files
from pathlib import Path

PROMPT = "A test fails. Find the bug and fix it."

_IDENTITY = (
    "-c",
    "user.name=Loom demo",
    "-c",
    "user.email=demo@example.invalid",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "init.defaultBranch=main",
)


def clone(folder: Path) -> Path:
    """A fresh git repository of the demo project below `folder`; its path.

    Without git it is a plain folder, which the demo can play in just as well.

    Raises OSError when it cannot be written.
    """
    project = folder / "timesheet"
    with as_file(files("loom.demo") / "project") as source:
        shutil.copytree(source, project, ignore=shutil.ignore_patterns("__pycache__"))
    if shutil.which("git"):
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "The timesheet")):
            subprocess.run(["git", *_IDENTITY, *words], cwd=project, check=False, timeout=30)
    return project
