"""Where an embedded server's Unix socket lies, and that nobody else gets at it."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from loom.sockets import private_folder

LONGEST_NAME = len("server-4194304-00112233.sock")

_NAME = re.compile(r"server-(\d+)-[0-9a-f]+\.sock")


@contextmanager
def private_socket(directory: Path) -> Iterator[tuple[Path, socket.socket]]:
    """A bound Unix socket of mode 0600 in `directory`; removed afterwards.

    Where that will not do, a fresh temporary folder takes its place (`loom.sockets`).
    """
    with private_folder(directory, LONGEST_NAME) as home:
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
