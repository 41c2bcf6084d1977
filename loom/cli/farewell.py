"""What stands on the terminal when the app has left it."""

import os
import sys


def say(text: str) -> None:
    """Print to a terminal that may be gone by now; then nobody reads it, and that is no failure."""
    try:
        print(text, flush=True)
    except OSError:
        # What is still buffered would fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
