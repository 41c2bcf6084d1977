"""Where the paths of a workspace come from: what git knows or would know, or a walk."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import TYPE_CHECKING, NamedTuple

from loom.tools.files.index import SHELF, as_listed, is_nameable

if TYPE_CHECKING:
    from loom.tools.ignore import Rules

MOST = 200_000
"""Files that are listed; what lies beyond, deepest, is not offered."""
_PIECE = 1 << 18
_PATIENT = 10

_TRACKED = ("ls-files", "-z", "--cached", "--deduplicate")
# `? path` for a file git does not know yet, `R path` for one that is gone.
_CHANGED = ("ls-files", "-z", "-t", "--others", "--deleted", "--exclude-standard")


class NotListed(Exception):
    """Git lists nothing here: this is no repository, or there is no git."""


class Batch(NamedTuple):
    """Paths for one shelf, and paths listed before that are no more."""

    paths: list[str]
    gone: tuple[str, ...] = ()


def listed(workspace: Path, git: Sequence[str]) -> Iterator[Batch]:
    """All files: what git has in its index, then what it does not know yet and does not ignore.

    Where there is no git, a walk lists what is not ignored, the nearest first; it follows no link,
    so none leads round in a circle.

    Args:
        git: how git is called.
    """
    try:
        for paths in _batches(_records((*git, *_TRACKED), workspace)):
            yield Batch(paths)
        yield from _changed(workspace, git)
    except NotListed:
        for paths in _batches(_nearest_first(workspace)):
            yield Batch(paths)


def first_look(workspace: Path, most: int = 300) -> list[str]:
    """What stands in the workspace itself, hidden names left out; folders end in `/`.

    It is there before any rule about what to ignore is read.
    """
    try:
        with os.scandir(workspace) as found:
            entries = [entry for entry in islice(found, most) if entry.name[0] != "."]
            names = [entry.name + "/" * entry.is_dir() for entry in entries]
    except OSError:
        return []
    return sorted(filter(is_nameable, names), key=as_listed)


def _changed(workspace: Path, git: Sequence[str]) -> Iterator[Batch]:
    gone: list[str] = []

    def new() -> Iterator[list[str]]:
        for records in _records((*git, *_CHANGED), workspace):
            gone.extend(record[2:] for record in records if record.startswith("R "))
            yield [record[2:] for record in records if not record.startswith("R ")]

    for paths in _batches(new()):
        yield Batch(paths)
    yield Batch([], tuple(gone))


def _nearest_first(workspace: Path) -> Iterator[list[str]]:
    from loom.tools.walking import entered

    with suppress(OSError), entered(workspace, "") as (top, top_rules):
        waiting = deque([("", top_rules)])
        entered_folders = 0
        while waiting and entered_folders < MOST:
            entered_folders += 1
            entries = list(_entries_at(top, *waiting.popleft()))
            yield [path for path, rules in entries if rules is None]
            waiting.extend((path, rules) for path, rules in entries if rules is not None)


def _entries_at(top: int, path: str, rules: "Rules") -> Iterator[tuple[str, "Rules | None"]]:
    """The entries of the folder at `path`; a folder comes with the rules that hold in its parent.

    One that cannot be opened, or is gone, holds nothing.
    """
    from loom.tools.place import FOLDER

    try:
        folder = os.open(path or ".", FOLDER, dir_fd=top)
    except OSError:
        return
    try:
        inner = rules.inside(folder, path) if path else rules
        for full, is_folder in _entries(folder, path, inner, MOST):
            yield full, inner if is_folder else None
    finally:
        os.close(folder)


def _entries(folder: int, path: str, rules: "Rules", most: int) -> Iterator[tuple[str, bool]]:
    start = f"{path}/" if path else ""
    with os.scandir(folder) as found:
        for count, entry in enumerate(found):
            if count >= most:
                return
            full, is_folder = start + entry.name, entry.is_dir(follow_symlinks=False)
            if entry.name != ".git" and not rules.is_ignored(full, is_folder):
                yield full, is_folder


def _batches(pieces: Iterable[list[str]]) -> Iterator[list[str]]:
    """The same paths, MOST at most, in lists of SHELF."""
    batch: list[str] = []
    room = MOST
    for piece in pieces:
        batch += piece[:room]
        room -= len(piece)
        while len(batch) >= SHELF:
            yield batch[:SHELF]
            batch = batch[SHELF:]
        if room <= 0:
            break
    if batch:
        yield batch


def _records(command: Sequence[str], workspace: Path) -> Iterator[list[str]]:
    """What a command writes, split at NUL, as it comes. Raises NotListed when it fails."""
    try:
        child = Popen(command, cwd=workspace, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    except OSError as error:
        raise NotListed from error
    with child:
        # Whoever waits for an answer goes first.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, _PATIENT)
        try:
            yield from _split(child)
        except GeneratorExit:
            child.kill()
            raise
    if child.returncode != 0:
        raise NotListed


def _split(child: "Popen[bytes]") -> Iterator[list[str]]:
    rest = b""
    while child.stdout and (piece := os.read(child.stdout.fileno(), _PIECE)):
        whole, end, rest = (rest + piece).rpartition(b"\0")
        if end:
            yield whole.decode(errors="surrogateescape").split("\0")
