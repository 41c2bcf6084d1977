"""Where an embedded server's Unix socket lies, and that nobody else gets at it."""

import os
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

MAX_PATH = 103
"""Bytes of a Unix socket's path that every system takes."""

LONGEST_NAME = len("/server-4194304-00112233.sock")

_NAME = re.compile(r"server-(\d+)-[0-9a-f]+\.sock")


@contextmanager
def private_socket(directory: Path) -> Iterator[tuple[Path, socket.socket]]:
    """A bound Unix socket of mode 0600 in a directory of mode 0700; removed afterwards.

    Args:
        directory: made if missing. Where it is not ours alone, or too long a path, a fresh
            temporary directory takes its place.
    """
    is_usable = _is_private(directory) and len(os.fsencode(directory)) < MAX_PATH - LONGEST_NAME
    home = directory if is_usable else Path(tempfile.mkdtemp(prefix="loom-"))
    _sweep(home)
    path = home / f"server-{os.getpid()}-{token_hex(4)}.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(path))
        path.chmod(0o600)
        yield path, listener
    finally:
        listener.close()
        path.unlink(missing_ok=True)
        if not is_usable:
            with suppress(OSError):
                home.rmdir()


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


def _sweep(directory: Path) -> None:
    """Removes the sockets of processes that were killed."""
    for path in directory.glob("server-*.sock"):
        match = _NAME.fullmatch(path.name)
        if match and not _is_alive(int(match[1])):
            path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
