"""`loom`, the program: runs what was asked and turns its end into an exit status.

Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 141 the reader of a pipe went away.
"""

import os
import sys
from collections.abc import Sequence

from loom import __version__

FAILED, INTERRUPTED, BROKEN_PIPE = 1, 130, 141


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
