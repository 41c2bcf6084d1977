"""Where a process's Unix sockets lie: a folder of this user's alone, on a short enough path."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_PATH = 103
"""Bytes of a Unix socket's path that every system takes."""


@contextmanager
def private_folder(wanted: Path, longest_name: int) -> Iterator[Path]:
    """`wanted`, made if missing, mode 0700; a fresh temporary folder where it will not do.

    It will not do when it is not ours alone, or when a name of `longest_name` bytes below it would
    make too long a path. A temporary folder is removed afterwards, if it is empty.

    Raises OSError when no folder can be made at all.
    """
    if _is_short(wanted, longest_name) and _is_private(wanted):
        yield wanted
        return
    folder = _temporary()
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()


def _temporary() -> Path:
    # Not TMPDIR: that may be long, and only /tmp is sure to be hidden from sandboxed commands.
    return Path(tempfile.mkdtemp(prefix="loom-", dir="/tmp"))


def _is_short(folder: Path, longest_name: int) -> bool:
    return len(os.fsencode(folder)) + 1 + longest_name <= MAX_PATH


def _is_private(directory: Path) -> bool:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.lstat()
        if not directory.is_dir() or directory.is_symlink() or status.st_uid != os.getuid():
            return False
        directory.chmod(0o700)
    except OSError:
        return False
    return True
