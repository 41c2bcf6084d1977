"""What `@` and `#` complete: files of the workspace, threads of the store."""

import asyncio
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from loom.screens.threads_pane import last_folder
from loom.vcs.git import GIT
from loom.widgets.completion import Choice

if TYPE_CHECKING:
    from loom.host.base import SessionHost

FRESH = 5.0
MAX_FILES = 100_000


class Mentions:
    """Completers for the input. The list of files is kept for a few seconds."""

    def __init__(self, workspace: Path, host: "Callable[[], SessionHost | None]") -> None:
        self._workspace = workspace
        self._host = host
        self._files: list[str] = []
        self._read_at = float("-inf")

    async def files(self, query: str) -> list[str]:
        """Paths relative to the workspace that may fit; the caller ranks them."""
        if time.monotonic() - self._read_at > FRESH:
            self._files = await _paths(self._workspace)
            self._read_at = time.monotonic()
        letters = query.lower()
        if not letters:
            return self._files[:200]
        return [path for path in self._files if _is_subsequence(letters, path.lower())][:2_000]

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


def _is_subsequence(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


async def _paths(workspace: Path) -> list[str]:
    """Files that git knows or would know; without git, whatever is not ignored."""
    listed = await _git_files(workspace)
    return listed if listed is not None else await asyncio.to_thread(_walked, workspace)


async def _git_files(workspace: Path) -> list[str] | None:
    words = (*GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    try:
        child = await asyncio.create_subprocess_exec(
            *words,
            cwd=workspace,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    output, _ = await child.communicate()
    if child.returncode != 0:
        return None
    return output.decode(errors="replace").split("\0")[:-1][:MAX_FILES]


def _walked(workspace: Path) -> list[str]:
    # Imported late: only a folder without git needs the ignore rules.
    from loom.tools.walking import entered, walk

    with entered(workspace, "") as (folder, rules):
        found = walk(folder, "", rules, True, lambda path: False)
        return [entry.path for entry in islice(found, MAX_FILES) if entry.kind == "file"]
