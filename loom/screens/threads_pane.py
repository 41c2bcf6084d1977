"""The pane of threads: what is listed, and when the pane is there."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from loom.core.messages import Thread
from loom.screens.background import Background
from loom.widgets.thread_list import ThreadItem, ThreadList

if TYPE_CHECKING:
    from loom.host.base import SessionHost

WIDE = 120
"""Columns from which on the pane is there unasked, once there are other threads in the folder."""
_LISTED = 200


class ThreadsPane:
    """Fills and opens the list. Whether it is open is remembered until Loom ends.

    Args:
        host: where the threads are; None before it is open.
        current: id of the thread on the screen.
    """

    def __init__(
        self,
        pane: ThreadList,
        workspace: Path,
        host: "Callable[[], SessionHost | None]",
        current: Callable[[], str],
        background: Background,
    ) -> None:
        self._pane = pane
        self._workspace = str(workspace)
        self._host = host
        self._current = current
        self._background = background
        self._wanted: bool | None = None
        self._has_others = False
        self._search = ""

    @property
    def is_open(self) -> bool:
        """Whether the pane is on the screen."""
        return self._pane.has_class("-open")

    async def fill(self, search: str | None = None) -> None:
        """List what matches `search`, newest first; None lists what was wanted last."""
        host = self._host()
        self._search = self._search if search is None else search
        if host is None:
            return
        if self._search:
            hits = await host.services.store.search(self._search, limit=50)
            self._pane.show_threads(self._item(hit.thread, hit.snippet) for hit in hits)
            return
        threads = await host.services.store.list(limit=_LISTED)
        spoken = [each for each in threads if each.message_count or each.id == self._current()]
        self._has_others = any(
            each.workspace == self._workspace and each.id != self._current() for each in spoken
        )
        self._pane.show_threads(self._item(each, last_folder(each.workspace)) for each in spoken)

    def arrange(self, width: int) -> None:
        """Open or close as the person wants it, or else as there is room and need."""
        is_open = self._has_others and width >= WIDE if self._wanted is None else self._wanted
        self._pane.set_class(is_open, "-open")

    def open(self) -> None:
        """The person wants the pane, and the keyboard in it."""
        self._wanted = True
        self._pane.add_class("-open")
        self._pane.focus_rows()

    def close(self) -> None:
        """The person wants it gone."""
        self._wanted = False
        self._pane.remove_class("-open")

    def chosen(self, width: int) -> None:
        """A thread was chosen: where room is short the pane has done its duty."""
        if width < WIDE:
            self._wanted = None
        self.arrange(width)

    def _item(self, thread: Thread, preview: str) -> ThreadItem:
        return ThreadItem(thread, preview, self._background.standing(thread.id))


def last_folder(workspace: str) -> str:
    """The last folder of a workspace's path."""
    return workspace.rstrip("/").rpartition("/")[2]
