"""`loom`, the program: runs what was asked and turns its end into an exit status."""

import os
import sys
from collections.abc import Sequence

from loom import __version__
from loom.cli.status import BROKEN_PIPE, FAILED, INTERRUPTED

__all__ = ["FAILED", "INTERRUPTED", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `loom ARGV...` (the process's own arguments by default); returns the exit status.

    Raises:
        SystemExit: for `--help` (0) and wrong usage (2), as argparse does.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _open_what_is_closed()
    try:
        try:
            return _run(words)
        finally:
            # Now, and not when the interpreter ends, where nothing can be done about its failure.
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return BROKEN_PIPE


def _run(words: list[str]) -> int:
    if words in (["--version"], ["-V"]):
        print(f"loom {__version__}")
        return 0
    # Imported here because argparse alone takes as long as Python's own start.
    from loom.cli.dispatch import dispatch

    return dispatch(words)


def _open_what_is_closed() -> None:
    """Takes the places of standard streams that the caller closed (`>&-`).

    The next file that is opened, say the database, would get theirs otherwise.
    """
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r"))


def _drop_output() -> None:
    """Keeps the interpreter from complaining when it flushes a pipe nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
