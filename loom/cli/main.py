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


def _drop_output() -> None:
    """Keeps the interpreter from complaining when it flushes a pipe nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
