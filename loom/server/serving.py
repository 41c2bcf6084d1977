"""A database that is served is not replaced: a lock that every server shares, and restoring takes.

The kernel frees it when its holder dies, however it dies.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loom.core.errors import StoreError


@contextmanager
def serving(database: Path) -> Iterator[None]:
    """Shares the database with other servers. Raises StoreError while it is being restored."""
    with _held(database, fcntl.LOCK_SH, "is being restored", "Try again when that is done."):
        yield


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """Keeps every server away. Raises StoreError while one runs."""
    with _held(database, fcntl.LOCK_EX, "is in use by a running server", "Stop the server first."):
        yield


@contextmanager
def _held(database: Path, kind: int, reason: str, hint: str) -> Iterator[None]:
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = database.with_name(f"{database.name}-serving")
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StoreError(f"cannot use {database}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise StoreError(f"{database} {reason}", hint) from error
    finally:
        os.close(descriptor)
