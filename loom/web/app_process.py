"""The app of one tab: started without a shell, on the tab's own thread."""

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from typing import Any

from textual_serve.app_service import AppService

from loom.web.tabs import TAB_FILE


class TabApp(AppService):
    """textual-serve's app process, with `words` as its command and `tab_file` to write to."""

    def __init__(self, words: Sequence[str], tab_file: str, **parts: Any) -> None:
        super().__init__("loom", **parts)
        self._words = words
        self._tab_file = tab_file

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        self._process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width, height),
            # Ctrl-C in the server's terminal is for the server.
            start_new_session=os.name == "posix",
        )
        self._stdin = self._process.stdin
        return self._process

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        own = {TAB_FILE: self._tab_file, "TERM": "xterm-256color"}
        return super()._build_environment(width, height) | own

    async def run(self) -> None:
        """Until the app ends, however it does; then the browser is told."""
        try:
            await super().run()
        finally:
            await self.remote_close()
