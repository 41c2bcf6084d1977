"""Opening a SQLite file with Loom's pragmas, and its errors in Loom's words."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from loom.core.errors import LoomError, StoreError, StoreFull

BUSY_TIMEOUT = 5.0

_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    # What is changed or deleted leaves no copy in its page, which costs no write.
    "PRAGMA secure_delete = FAST",
    # Without a limit the write-ahead log keeps the size of the largest import for good.
    "PRAGMA journal_size_limit = 16777216",
)

# A quota (EDQUOT), a file size limit (EFBIG) and a memory map that cannot grow arrive as I/O
# errors; to the person they are one thing: no room.
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def connect(path: Path, *, is_read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any worker; the file must exist or be creatable.

    Raises:
        StoreError: the file cannot be opened.
    """
    with translated(path):
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if is_read_only:
            connection.execute("PRAGMA query_only = ON")
    return connection


def create(path: Path) -> None:
    """Make an empty file that only its owner can read, in a folder of the same kind, if missing.

    An existing file is never opened here: closing any descriptor of a database drops the POSIX
    locks that other connections of this process hold on it.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create_file(path)
    except OSError as error:
        raise StoreError(f"cannot create {path}: {error.strerror}") from error


def _create_file(path: Path) -> None:
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


@contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """Turns the driver's errors into StoreError, or StoreFull where there is no room."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error, path) from error


@contextmanager
def overwriting(connection: sqlite3.Connection) -> Iterator[None]:
    """Pages that become free within are overwritten, so that nothing of what was there is left."""
    connection.execute("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.execute("PRAGMA secure_delete = FAST")


def store_error(error: sqlite3.Error, path: Path | str) -> LoomError:
    """What `error` means to a person, with what to do about it."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    if code in _FULL:
        return StoreFull(
            f"no room left for {path}", "Free some space and try again; nothing was half saved."
        )
    if is_busy(error):
        return StoreError(f"{path} is locked by another process", "Try again when it has finished.")
    if code & 0xFF in _DAMAGED:
        return StoreError(
            f"{path} is damaged or is not a Loom database: {error}",
            "Move it away and start again, or put a backup in its place.",
        )
    return StoreError(f"{path}: {error}")


def is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else held the lock for the whole of the busy timeout."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY
