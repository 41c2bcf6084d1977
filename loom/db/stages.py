"""How far a database is on its way to the last migration, for whoever tells a person."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

OPCODES = 10_000
"""Steps of SQLite's machine between two signs of life; some thousandths of a second."""


class Stage(NamedTuple):
    """`waiting` for another process that does it; or `done` of `of`.

    That is pages while the database is `copied`, migrations while it is `changed`.
    """

    what: Literal["waiting", "copied", "changed"]
    done: int = 0
    of: int = 0


Told = Callable[[Stage], None]
"""Called again and again while a stage lasts, in the thread that does the work; it may raise."""


def untold(_stage: Stage) -> None:
    """Tells nobody."""


@contextmanager
def telling(connection: sqlite3.Connection, told: Told, stage: Stage) -> Iterator[None]:
    """Tells the stage while statements of the block run, however long one takes.

    Raises:
        KeyboardInterrupt: the person stopped it, or `told` raised; the statement was undone.
    """

    def tell() -> None:
        told(stage)

    tell()
    connection.set_progress_handler(tell, OPCODES)
    try:
        yield
    except sqlite3.OperationalError as error:
        # The driver drops what is raised in the handler, and lets the statement fail.
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from error
        raise
    finally:
        connection.set_progress_handler(None, 0)
