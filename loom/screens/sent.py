"""What was sent in earlier runs: a file that only grows, and is shortened now and then."""

import os
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

KEPT = 1_000
"""Entries that are offered again."""
MAX_CHARACTERS = 100_000
"""Longer texts are pastes; they are in the thread, and not worth recalling."""


class SentLines:
    """One JSON string a line, oldest first, so that an entry may have many lines of its own.

    Several processes may append at once. Only its owner can read the file.

    Args:
        path: made on the first `add`, with its folder; None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> list[str]:
        """The last entries, oldest first; a file that cannot be read holds none."""
        if self._path is None:
            return []
        try:
            with self._path.open(encoding="ascii", errors="replace") as lines:
                count, entries = _last(lines)
        except OSError:
            return []
        if count > 2 * KEPT:
            self._shorten(entries)
        return entries

    def add(self, text: str) -> None:
        """Keep a text. A disk that refuses costs the recall in the next run and nothing else."""
        if self._path is None or not text.strip() or len(text) > MAX_CHARACTERS:
            return
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _append(self._path, [text])

    def _shorten(self, entries: list[str]) -> None:
        """Put a shorter file in place; what another process adds meanwhile may be forgotten."""
        if self._path is None:
            return
        shorter = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with suppress(OSError):
            _append(shorter, entries)
            shorter.replace(self._path)


def _last(lines: Iterable[str]) -> tuple[int, list[str]]:
    """How many lines there are, and the last entries among them, each once in a row."""
    import json  # here: the first frame has no use for it

    count, kept = 0, deque[str](maxlen=KEPT)
    for line in lines:
        count += 1
        # A line that was cut off by a full disk or a crash is passed over.
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, str) and not (kept and kept[-1] == entry):
                kept.append(entry)
    return count, list(kept)


def _append(path: Path, entries: Iterable[str]) -> None:
    """Add lines in one write, which other processes' writes do not split."""
    import json

    data = "".join(f"{json.dumps(entry)}\n" for entry in entries)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, data.encode("ascii"))
    finally:
        os.close(descriptor)
