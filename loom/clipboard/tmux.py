"""The tmux around Loom: its own buffer, and what it lets through to the terminal around it.

Source: tmux(1): load-buffer -w, set-clipboard, allow-passthrough, terminal-features.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from loom.clipboard.tools import feed
from loom.secrets import clean_environment

_PATIENCE = 2.0


@dataclass(frozen=True)
class Around:
    """What a tmux says of itself.

    Attributes:
        sets_clipboard: its set-clipboard is not off.
        has_clipboard: it believes that the terminal around it has one.
        passes: sequences for that terminal are passed on.
        is_remote: the client came by SSH, wherever this pane was once made.
    """

    sets_clipboard: bool
    has_clipboard: bool
    passes: bool
    is_remote: bool


class Tmux:
    """Asks the tmux that `environment` names; Loom sits in one of its panes."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = clean_environment(environment)

    async def around(self) -> Around | None:
        """What is allowed at this moment, or None when tmux does not answer."""
        clipboard = await self._ask("show-options", "-sv", "set-clipboard")
        if clipboard is None:
            return None
        features = await self._ask("display-message", "-p", "#{client_termfeatures}")
        passes = await self._ask("show-options", "-Apv", "allow-passthrough")
        client = await self._ask("show-environment", "SSH_CONNECTION")
        return Around(
            sets_clipboard=clipboard != "off",
            has_clipboard="clipboard" in (features or "").split(","),
            # One that does not know the option passes everything.
            passes=passes is None or passes in ("on", "all"),
            is_remote=bool(client and client.startswith("SSH_CONNECTION=")),
        )

    async def load(self, text: str, *, also_outside: bool) -> bool:
        """Put `text` into tmux's buffer, which is read back; `also_outside`, into the terminal."""
        words = ["tmux", "load-buffer", *(["-w"] if also_outside else []), "-"]
        if not await feed(words, text.encode(), self._environment):
            return False
        return await self._read("show-buffer") == text.encode()

    async def _ask(self, *words: str) -> str | None:
        answer = await self._read(*words)
        return None if answer is None else answer.decode(errors="replace").strip()

    async def _read(self, *words: str) -> bytes | None:
        """What tmux prints, or None when it fails or does not answer."""
        try:
            process = await asyncio.create_subprocess_exec(
                "tmux",
                *words,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return None
        try:
            async with asyncio.timeout(_PATIENCE):
                out, _ = await process.communicate()
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return out if process.returncode == 0 else None
