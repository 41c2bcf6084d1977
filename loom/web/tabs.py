"""Which thread each of a browser's tabs shows, so that one that comes back sees it again."""

import re
from pathlib import Path

TAB_FILE = "LOOM_TAB_FILE"
"""The variable by which the app is told where to write which thread it shows."""

_TAB = re.compile(r"[0-9a-f]{32}")
_THREAD = re.compile(r"T-[0-9a-f-]{1,64}")


class Tabs:
    """A private folder with a file for each tab, written by the tab's app."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, tab: str) -> Path:
        """Where the tab's app says which thread it shows. Raises ValueError for no tab's name."""
        if not _TAB.fullmatch(tab):
            raise ValueError(f"{tab!r} names no tab")
        return self._folder / tab

    def thread(self, tab: str) -> str:
        """The thread that the tab showed last; empty for a new tab. Raises ValueError."""
        try:
            said = self.file(tab).read_text().strip()
        except OSError:
            return ""
        return said if _THREAD.fullmatch(said) else ""
