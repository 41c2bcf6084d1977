"""Says on standard error that an older Loom's store is being brought up to date, and how far it is.

That may take minutes, so it is done before a screen opens.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from loom.threads.age import is_older

if TYPE_CHECKING:
    from loom.db import Stage

PATIENCE = 0.5
"""Seconds that need no explanation."""

EVERY = 0.2
"""Seconds between two looks of the line that is written over."""

_WIDTH = 40


def bring_up_to_date(path: Path) -> None:
    """Migrates the store at `path`, if an older Loom wrote it, and says so meanwhile.

    For a process that has no connection to it yet. Raises StoreError, KeyboardInterrupt.
    """
    if not is_older(path):
        return
    from loom.db import migrations_in, prepare
    from loom.threads.store import MIGRATIONS

    with telling(path) as told:
        prepare(path, migrations_in(MIGRATIONS), told).close()


@contextmanager
def telling(path: Path) -> "Iterator[Teller]":
    """What tells the person at standard error while the block opens the store at `path`.

    The block awaits nothing: Ctrl-C ends it at once, also in a coroutine.
    """
    is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    told = Teller(sys.stderr, lambda: _extent(path), is_terminal=is_terminal)
    try:
        with _interruptible():
            yield told
    except BaseException:
        told.end("Stopped; nothing was changed.")
        raise
    told.end("The store is up to date.")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C raises here, where asyncio would only note it and let the work go on."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


class Teller:
    """Words for the stages of a migration; none for one that is over at once.

    Args:
        extent: how much there is, in words; asked when it is told.
        is_terminal: whether a line can be written over.
    """

    def __init__(
        self,
        stream: TextIO,
        extent: Callable[[], str],
        *,
        is_terminal: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._extent = extent
        self._is_terminal = is_terminal
        self._clock = clock
        self._began = self._shown_at = clock()
        self._told = ""

    def __call__(self, stage: "Stage") -> None:
        """Tells the stage, if it is time to."""
        now = self._clock()
        if now - self._began < PATIENCE:
            return
        kind = "waiting" if stage.what == "waiting" else "working"
        if kind != self._told:
            self._told = kind
            self._write(_WAITING if kind == "waiting" else _WORKING.format(self._extent()))
        elif self._is_terminal and now - self._shown_at >= EVERY:
            self._write(f"  {_words(stage)}{now - self._began:.0f} s", end="")
            self._shown_at = now

    def end(self, words: str) -> None:
        """The last words, where there were first ones."""
        if self._told:
            self._write(words)

    def _write(self, words: str, end: str = "\n") -> None:
        line = f"\r{words:<{_WIDTH}}{end}" if self._is_terminal else f"{words}{end}"
        # Who closed standard error wants to hear nothing; the store is brought up to date.
        with suppress(OSError):
            self._stream.write(line)
            self._stream.flush()


_WAITING = "Another Loom is bringing the store up to date; this one waits."
_WORKING = "Loom is bringing its store up to date, which happens once: {}."


def _words(stage: "Stage") -> str:
    if stage.what == "copied":
        return f"a copy first: {100 * stage.done // max(1, stage.of)} %, "
    return f"step {stage.done + 1} of {stage.of}, " if stage.what == "changed" else ""


def _extent(path: Path) -> str:
    from contextlib import closing

    from loom.core.errors import LoomError
    from loom.db import connect, translated
    from loom.threads.reading import extent

    size = f"{path.stat().st_size / 1e6:,.0f} MB"
    # What cannot be counted can be brought up to date all the same, or fails there.
    with suppress(LoomError), translated(path):
        with closing(connect(path, is_read_only=True)) as connection:
            threads, messages = extent(connection)
        return f"{messages:,} messages in {threads:,} threads, {size}"
    return size
