"""What `@` and `#` complete: files of the workspace, threads of the store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loom.screens.threads_pane import last_folder
from loom.widgets.completion import Choice, Row

if TYPE_CHECKING:
    from loom.host.base import SessionHost
    from loom.screens.file_finder import FileFinder, Found

_REMEMBERED = 30


class Mentions:
    """Completers for the input.

    Args:
        start: runs a coroutine beside the screen.
    """

    def __init__(
        self,
        workspace: Path,
        host: "Callable[[], SessionHost | None]",
        start: Callable[[Coroutine[None, None, None]], object],
    ) -> None:
        self._workspace = workspace
        self._host = host
        self._start = start
        self._finder: FileFinder | None = None
        self._recent: list[str] = []
        self._was_asked = False

    def used(self, path: str) -> None:
        """A file was mentioned: from now on it comes before its like."""
        self._recent = [path, *(each for each in self._recent if each != path)][:_REMEMBERED]

    async def files(self, query: str) -> AsyncIterator[Sequence[Row]]:
        """Rows for paths relative to the workspace, best first; more than once, as they are found.

        The very first time the folder itself is shown while the worker starts.
        """
        if not query and not self._was_asked:
            yield await self._first_look()
        self._was_asked = True
        async for found in self._found(query):
            yield [Row(Choice(path), positions) for path, positions in found]

    def _found(self, query: str) -> "AsyncIterator[Sequence[Found]]":
        # Imported late: most of what is typed mentions no file.
        from loom.screens.file_finder import FileFinder

        self._finder = self._finder or FileFinder(self._workspace, self._start)
        return self._finder.find(query, self._recent)

    async def _first_look(self) -> list[Row]:
        from loom.tools.files.listing import first_look

        paths = await asyncio.to_thread(first_look, self._workspace)
        return [Row(Choice(path)) for path in paths]

    async def threads(self, query: str) -> list[Choice]:
        """Threads by title."""
        host = self._host()
        if host is None:
            return []
        found = await host.services.store.list(search=query or None, limit=20)
        return [
            Choice(thread.id, last_folder(thread.workspace), thread.title or thread.id)
            for thread in found
            if thread.message_count
        ]
