"""The index kept fresh by a thread beside those who search it."""

import time
from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from threading import Event, Thread

from loom.tools.files.index import Index
from loom.tools.files.listing import Batch, listed

FRESH = 2.0
"""Seconds for which a listing is taken as true."""
_SHARE = 8
"""A listing that took long is true for so many times as long: git is not kept busy."""


class Catalogue:
    """The files of a workspace, listed again when someone looks and the list is no longer fresh.

    Args:
        git: how git is called.
        on_change: called from the thread when `index` grew, became another, or is complete.
    """

    def __init__(
        self, workspace: Path, git: Sequence[str], on_change: Callable[[], object]
    ) -> None:
        self.index = Index()
        self._workspace = workspace
        self._git = git
        self._on_change = on_change
        self._thread: Thread | None = None
        self._good_until = float("-inf")
        self._digest = 0
        self._quiet = Event()
        self._quiet.set()

    @property
    def is_complete(self) -> bool:
        """Whether nothing is being listed."""
        return self._thread is None

    def look(self) -> Index:
        """The index as it is; a stale one is renewed beside it."""
        if self._thread is None and time.monotonic() > self._good_until:
            self._thread = Thread(target=self._renew, daemon=True)
            self._thread.start()
        return self.index

    def hush(self) -> None:
        """Someone searches: the renewal rests between two shelves."""
        self._quiet.clear()

    def unhush(self) -> None:
        """The search is over."""
        self._quiet.set()

    def _renew(self) -> None:
        began = time.monotonic()
        if len(self.index):
            self._replace()
        else:
            self._fill()
        for shelf in self.index.shelves():
            self._quiet.wait()
            shelf.masks()
        took = time.monotonic() - began
        self._good_until = time.monotonic() + max(FRESH, _SHARE * took)
        self._thread = None
        self._on_change()

    def _fill(self) -> None:
        """The first time: each shelf is there to be searched as soon as it is made."""
        for batch in listed(self._workspace, self._git):
            self._put(self.index, batch)
            self._digest = _digest(self._digest, batch)
            self._on_change()

    def _replace(self) -> None:
        """Later: another index takes the old one's place, if there is anything new in it."""
        batches = []
        for batch in listed(self._workspace, self._git):
            self._quiet.wait()
            batches.append(batch)
        digest = reduce(_digest, batches, 0)
        if digest == self._digest:
            return
        index = Index()
        for batch in batches:
            self._put(index, batch)
        self.index, self._digest = index, digest

    def _put(self, index: Index, batch: Batch) -> None:
        self._quiet.wait()
        index.add(batch.paths)
        index.remove(batch.gone)


def _digest(digest: int, batch: Batch) -> int:
    return hash((digest, tuple(batch.paths), batch.gone))
