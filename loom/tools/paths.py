"""Paths that stay in the workspace, whatever the argument says and whatever moves meanwhile.

A path is walked one component at a time through folders held open, and the kernel never follows a
symbolic link for us: each link is read, and its target walked in the same way. What is then read
or written is named relative to an open folder, so that a folder swapped for a link between the
check and the use leads nowhere.
"""

import errno
import os
import posixpath
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loom.core.errors import InvalidArguments, NotFound, PathOutsideWorkspace, ToolError
from loom.tools.place import FOLDER, Place, os_errors

MAX_PATH = 4_096
"""Bytes of a path argument."""
_MAX_LINKS = 40


@contextmanager
def locate(root: Path, argument: str) -> Iterator[Place]:
    """The place that `argument` means: relative to `root`, or absolute and inside it.

    The entry itself, and the last folders to it, need not exist.

    Raises:
        InvalidArguments: empty, too long, or with characters that no path has.
        PathOutsideWorkspace: it leads out, by itself or by a link.
        ToolError: a part of it is no folder, or may not be entered.
    """
    _check(argument)
    with _Walk(root) as walk:
        with os_errors(argument):
            found = _follow(walk, deque(_parts(root, argument)))
        yield found


def targets(root: Path, argument: str) -> tuple[str, ...]:
    """What permission rules are matched against: the path resolved, and as written if it differs.

    A rule for either name of a file then holds. Raises as `locate` does.
    """
    with locate(root, argument) as found:
        written = posixpath.normpath("/".join(_parts(root, argument)) or ".")
    if written == found.relative or written.startswith(".."):
        return (found.relative,)
    return (found.relative, written)


def _check(argument: str) -> None:
    try:
        size = len(argument.encode())
    except UnicodeEncodeError:
        raise InvalidArguments("the path holds half a character (a lone surrogate)") from None
    if not argument.strip():
        raise InvalidArguments("the path is empty")
    if "\0" in argument:
        raise InvalidArguments("the path holds a NUL character")
    if size > MAX_PATH:
        raise InvalidArguments(f"the path is {size:,} bytes long; at most {MAX_PATH:,}")


class _Walk:
    """The folders entered so far, the workspace first, each held open until the end."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._names: list[str] = []
        self._descriptors: list[int] = []

    def __enter__(self) -> "_Walk":
        with os_errors(f"the workspace {self.root}"):
            self._descriptors.append(os.open(self.root, FOLDER))
        return self

    def __exit__(self, *_: object) -> None:
        while self._descriptors:
            os.close(self._descriptors.pop())

    def enter(self, name: str) -> None:
        """One folder down. Raises OSError, also where `name` is a link."""
        self._descriptors.append(os.open(name, FOLDER, dir_fd=self._descriptors[-1]))
        self._names.append(name)

    def leave(self) -> None:
        """One folder up, to the one we came from, wherever it has been moved meanwhile."""
        if not self._names:
            raise PathOutsideWorkspace("the path leads out of the workspace")
        self._names.pop()
        os.close(self._descriptors.pop())

    def restart(self) -> None:
        """Back to the workspace."""
        while self._names:
            self.leave()

    def link(self, name: str) -> str | None:
        """Where the symbolic link `name` points, or None for everything else."""
        try:
            return os.readlink(name, dir_fd=self._descriptors[-1])
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT):
                return None
            raise

    def place(self, name: str, missing: tuple[str, ...] = ()) -> Place:
        """The entry `name` of the current folder, or below `missing` ones."""
        relative = "/".join((*self._names, *missing, name))
        return Place(self._descriptors[-1], name, relative, missing)

    def here(self) -> Place:
        """The current folder itself."""
        return Place(self._descriptors[-1], ".", "/".join(self._names) or ".")


def _follow(walk: _Walk, parts: deque[str]) -> Place:
    links = 0
    while parts:
        part = parts.popleft()
        if part == "..":
            walk.leave()
        elif (link := walk.link(part)) is not None:
            links += 1
            _follow_link(walk, parts, link, links)
        elif not parts:
            return walk.place(part)
        else:
            try:
                walk.enter(part)
            except FileNotFoundError:
                return _below_missing(walk, (part, *parts))
    return walk.here()


def _follow_link(walk: _Walk, parts: deque[str], link: str, count: int) -> None:
    if count > _MAX_LINKS:
        raise ToolError("the path goes through too many symbolic links")
    inside = _parts(walk.root, link)
    if link.startswith("/"):
        walk.restart()
    parts.extendleft(reversed(inside))


def _below_missing(walk: _Walk, parts: tuple[str, ...]) -> Place:
    if ".." in parts:
        raise NotFound(f"there is no folder {parts[0]}")
    return walk.place(parts[-1], parts[:-1])


def _parts(root: Path, path: str) -> list[str]:
    """The components of `path` below `root`. Raises PathOutsideWorkspace.

    An absolute path counts as inside when any of its beginnings is the workspace under any name;
    that only classifies it: what follows is walked like the rest.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not path.startswith("/"):
        return parts
    for count in range(len(parts) + 1):
        try:
            if Path("/", *parts[:count]).samefile(root):
                return parts[count:]
        except OSError:
            break
    raise PathOutsideWorkspace(f"{path[:200]} is outside the workspace {root}")
