"""A walk through a folder of the workspace in order, leaving out what git ignores."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loom.tools.ignore import Rules, rules_above
from loom.tools.place import FOLDER

_MAX_DEPTH = 200
Kind = Literal["file", "folder", "link"]


@dataclass(frozen=True)
class Entry:
    """One entry found; `folder` and `name` open it while the walk stands there.

    Attributes:
        path: relative to the workspace.
        is_empty: a folder in which there is nothing to show, in a walk that enters folders.
    """

    path: str
    kind: Kind
    folder: int
    name: str
    is_empty: bool = False


@contextmanager
def entered(workspace: Path, path: str) -> Iterator[tuple[int, Rules]]:
    """The folder at `path`, open, and the rules in force in it. `path` is free of links and dots.

    A folder that is itself ignored is looked into all the same, since it was asked for by name.
    Raises OSError.
    """
    parts = [] if path in ("", ".") else path.split("/")
    with ExitStack() as opened:
        folder = _open(opened, workspace, None)
        rules = rules_above(workspace).inside(folder, "")
        for count, part in enumerate(parts, 1):
            folder, here = _open(opened, part, folder), "/".join(parts[:count])
            if rules.is_ignored(here, is_folder=True):
                rules = rules.without_layers()
            rules = rules.inside(folder, here)
        yield folder, rules


def _open(opened: ExitStack, name: Path | str, folder: int | None) -> int:
    descriptor = os.open(name, FOLDER, dir_fd=folder)
    opened.callback(os.close, descriptor)
    return descriptor


def walk(
    folder: int, path: str, rules: Rules, is_recursive: bool, is_wanted: Callable[[str], bool]
) -> Iterator[Entry]:
    """The entries of the open `folder` at `path` by name, a folder's own standing in its place.

    `is_wanted` says which files are shown although they are ignored.
    """
    for entry in _visible(folder, path, rules, is_wanted):
        if entry.kind != "folder" or not is_recursive:
            yield entry
        else:
            yield from _within(entry, rules, is_wanted)


def _within(entry: Entry, rules: Rules, is_wanted: Callable[[str], bool]) -> Iterator[Entry]:
    if entry.path.count("/") >= _MAX_DEPTH:
        return
    try:
        folder = os.open(entry.name, FOLDER, dir_fd=entry.folder)
    except OSError:
        # Not ours to enter, or gone: a walk shows what it can.
        return
    try:
        inner = rules.inside(folder, entry.path)
        is_empty = True
        for found in walk(folder, entry.path, inner, True, is_wanted):
            is_empty = False
            yield found
        if is_empty:
            yield Entry(entry.path, "folder", entry.folder, entry.name, is_empty=True)
    finally:
        os.close(folder)


def _visible(
    folder: int, path: str, rules: Rules, is_wanted: Callable[[str], bool]
) -> Iterator[Entry]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
    start = "" if path == "." else f"{path}/"
    for entry in entries:
        full, kind = start + entry.name, _kind(entry)
        if kind is None or entry.name == ".git":
            continue
        is_folder = kind == "folder"
        if (not is_folder and is_wanted(full)) or not rules.is_ignored(full, is_folder):
            yield Entry(full, kind, folder, entry.name)


def _kind(entry: "os.DirEntry[str]") -> Kind | None:
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else None
