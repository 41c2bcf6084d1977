"""The log of a process that owns a terminal: a file, never the screen."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from loom.directories import state_directory

if TYPE_CHECKING:
    from loom.redact import Redactor

MAX_SIZE = 5 * 1024 * 1024


def log_path(environment: Mapping[str, str]) -> Path:
    """`loom.log` in the state folder; the one before it is `loom.log.1`."""
    return state_directory(environment) / "loom.log"


@contextmanager
def logging_to_file(environment: Mapping[str, str], redactor: "Redactor") -> Iterator[None]:
    """Everything logged in this process goes to the file, redacted; nowhere when it cannot."""
    from loom.log import start_logging, stop_logging

    stream = _opened(log_path(environment))
    if stream is None:
        with _silence():
            yield
        return
    with stream:
        handler = start_logging(stream, redactor, "json", "INFO")
        try:
            yield
        finally:
            stop_logging(handler)


@contextmanager
def _silence() -> Iterator[None]:
    """Without any handler, Python's own would write errors over the screen."""
    nowhere = logging.NullHandler()
    logging.getLogger().addHandler(nowhere)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(nowhere)


def _opened(path: Path) -> TextIO | None:
    """The file, opened for appending, 0600. A read-only home must not keep Loom from starting."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and path.stat().st_size > MAX_SIZE:
            path.replace(path.with_name(path.name + ".1"))
        stream = path.open("a", encoding="utf-8", buffering=1)
        path.chmod(0o600)
        return stream
    return None
