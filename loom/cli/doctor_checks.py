"""What `loom doctor` looks at on this machine. Each check reads, none changes anything."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from msgspec import Struct

from loom.config import load
from loom.core.errors import LoomError
from loom.db.connection import connect, translated
from loom.directories import home_directory
from loom.sandbox import find_sandbox
from loom.threads.location import database

MINIMUM_COLUMNS, MINIMUM_ROWS = 80, 24


class Check(Struct, frozen=True):
    """One finding. `fail`: Loom cannot do its work; `warn`: it does less. `remedy`: what to do."""

    name: str
    state: Literal["ok", "warn", "fail"]
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Place:
    """Where the doctor looks: the variables, and an absolute workspace."""

    environment: Mapping[str, str]
    workspace: Path


Examine = Callable[[Place], Iterator[Check]]


def python(place: Place) -> Iterator[Check]:
    """The interpreter that runs Loom."""
    yield Check("python", "ok", f"{platform.python_version()} ({sys.executable})")


def terminal(place: Place) -> Iterator[Check]:
    """A terminal that the app can draw on, and whether it shows more than ASCII."""
    kind = place.environment.get("TERM", "")
    columns, rows = shutil.get_terminal_size()
    if not sys.stdout.isatty():
        yield Check("terminal", "warn", "none: output goes to a pipe or file", "Use `loom -p`.")
    elif kind in ("", "dumb"):
        yield Check(
            "terminal", "fail", f"TERM is {kind or 'not set'}", "Set TERM, such as xterm-256color."
        )
    elif columns < MINIMUM_COLUMNS or rows < MINIMUM_ROWS:
        yield Check(
            "terminal", "warn", f"{columns}x{rows} is small", "Make the window 80x24 or larger."
        )
    else:
        yield Check("terminal", "ok", f"{kind}, {columns}x{rows}")
    if "utf" not in (sys.stdout.encoding or "").lower():
        yield Check("encoding", "warn", f"{sys.stdout.encoding}", "Set LANG to a UTF-8 locale.")


def colours(place: Place) -> Iterator[Check]:
    """How many colours the app will use."""
    if place.environment.get("NO_COLOR"):
        yield Check("colours", "ok", "none, as NO_COLOR asks")
    elif place.environment.get("COLORTERM") in ("truecolor", "24bit"):
        yield Check("colours", "ok", "16 million")
    else:
        remedy = "If your terminal has true colour, set COLORTERM=truecolor."
        yield Check("colours", "warn", "COLORTERM is not set: themes are approximated", remedy)


def programs(place: Place) -> Iterator[Check]:
    """git and ripgrep, run for their version."""
    yield _program("git", "the agent cannot show or undo changes", "Install git.")
    yield _program("rg", "code_search uses a slower search of its own", "Install ripgrep.")


def repository(place: Place) -> Iterator[Check]:
    """Whether the workspace is under version control."""
    inside = any((folder / ".git").exists() for folder in (place.workspace, *_above(place)))
    if inside:
        yield Check("workspace", "ok", f"{place.workspace}, under git")
    else:
        text = f"{place.workspace} is not under git: changes cannot be undone from there"
        yield Check("workspace", "warn", text, "Run `git init`, or choose a folder with -w.")


def settings(place: Place) -> Iterator[Check]:
    """Every layer of settings."""
    try:
        config = load(place.environment, place.workspace)
    except LoomError as error:
        yield Check("settings", "fail", error.message, error.hint or "Mend it; see `loom config`.")
        return
    for warning in config.warnings:
        yield Check("settings", "warn", warning, "See `loom config`.")
    if not config.warnings:
        yield Check("settings", "ok", f"valid; provider {config.settings.provider}")


def threads(place: Place) -> Iterator[Check]:
    """The database of threads, or the folder where it will be made."""
    path = database(place.environment)
    if not path.exists():
        yield _future_database(path)
        return
    try:
        connection = connect(path, is_read_only=True)
        try:
            with translated(path):
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
    except LoomError as error:
        yield Check("threads", "fail", error.message, error.hint)
        return
    yield Check("threads", "ok", f"{path} opens")


def sandbox(place: Place) -> Iterator[Check]:
    """Whether shell commands can be confined here, found out by running one."""
    found = find_sandbox(home_directory(place.environment), environment=place.environment)
    if found.is_confining:
        yield Check("sandbox", "ok", found.statement)
    else:
        remedy = "Until then, auto mode asks before every shell command."
        yield Check("sandbox", "warn", found.statement, remedy)


MACHINE: tuple[Examine, ...] = (
    python,
    terminal,
    colours,
    programs,
    sandbox,
    repository,
    settings,
    threads,
)


def _program(name: str, without: str, remedy: str) -> Check:
    try:
        done = subprocess.run(
            [name, "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        reason = "not found" if isinstance(error, FileNotFoundError) else f"does not run: {error}"
        return Check(name, "warn", f"{reason}: {without}", remedy)
    return Check(name, "ok", done.stdout.partition("\n")[0])


def _above(place: Place) -> tuple[Path, ...]:
    return tuple(place.workspace.parents)


def _future_database(path: Path) -> Check:
    folder = next(parent for parent in path.parents if parent.exists())
    if os.access(folder, os.W_OK):
        return Check("threads", "ok", f"none yet; will be kept in {path}")
    remedy = "Make it writable, or set XDG_DATA_HOME to a folder that is."
    return Check("threads", "fail", f"{folder} cannot be written to", remedy)
