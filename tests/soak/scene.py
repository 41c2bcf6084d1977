"""What is played while Loom is killed: the person's side of three turns, and where they play."""

import shutil
import subprocess
from pathlib import Path

COUNTER = "ran.txt"
"""A line for each command that really ran."""
COMMANDS = ("one", "two", "three", "four")
EDITED = "plan.txt"
BEFORE, AFTER = "the plan is old\n", "the plan is new\n"


def _paste(seed: int) -> str:
    """A long log, of words that the search index has not seen, so that its commit takes a while."""
    lines = (f"{n} request {seed * n * 7919 % 1_000_003} took {n % 97} ms" for n in range(2_000))
    return "\n".join(lines)


PROMPTS = (
    f"Scene 1: look around.\n{_paste(3)}",
    "Scene 2: change the plan.",
    f"Scene 3: again.\n{_paste(5)}",
)


def make_workspace(folder: Path) -> None:
    """A small repository for the scenes."""
    folder.mkdir()
    (folder / EDITED).write_text(BEFORE)
    (folder / "long.txt").write_text(_paste(11)[:30_000])
    (folder / "wide.txt").write_text("a wide line " * 30 + "\n")
    git = shutil.which("git") or "git"
    subprocess.run([git, "init", "-q", folder], check=True)
