"""Many rows at once.

The driver lets go of Python's lock at each step of a statement and takes it again: where another
thread is busy, a row of `executemany` waits longer for the lock than for the database.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

_SIZES = (50, 10, 1)
"""Rows of one statement; few sizes, so that the driver has them prepared."""


def insert(connection: sqlite3.Connection, into: str, rows: Sequence[Sequence[Any]]) -> None:
    """Adds rows of one width.

    Args:
        into: the statement up to `VALUES`: `INSERT INTO heads (id, text)`.
    """
    at = 0
    for size in _SIZES:
        while len(rows) - at >= size:
            part = rows[at : at + size]
            connection.execute(
                _statement(into, len(part[0]), size), tuple(chain.from_iterable(part))
            )
            at += size


@lru_cache(maxsize=64)
def _statement(into: str, width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"{into} VALUES {', '.join([row] * count)}"
