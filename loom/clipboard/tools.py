"""Programs that own a clipboard on this machine. Each forks a keeper, or hands the text on."""

import asyncio
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from loom.secrets import clean_environment

PATIENCE = 3.0
"""Seconds after which a program that has not taken the text is given up."""


class Tool(NamedTuple):
    """A program that reads the text from its stdin.

    Attributes:
        needs: a variable without which it has no clipboard to write to; empty for none.
    """

    argv: tuple[str, ...]
    needs: str = ""
    encoding: str = "utf-8"

    @property
    def name(self) -> str:
        """The program's name."""
        return self.argv[0]


TOOLS = (
    Tool(("clip.exe",), "WSL_DISTRO_NAME", "utf-16"),
    Tool(("pbcopy",)),
    Tool(("wl-copy", "--type", "text/plain"), "WAYLAND_DISPLAY"),
    Tool(("xclip", "-selection", "clipboard", "-in"), "DISPLAY"),
    Tool(("xsel", "--clipboard", "--input"), "DISPLAY"),
)


def usable(environment: Mapping[str, str]) -> Iterator[Tool]:
    """The tools that are installed and have a clipboard here, the best first."""
    path = environment.get("PATH", "")
    for tool in TOOLS:
        if (not tool.needs or environment.get(tool.needs)) and shutil.which(tool.name, path=path):
            yield tool


async def feed(
    argv: Sequence[str], data: bytes, environment: Mapping[str, str], patience: float = PATIENCE
) -> bool:
    """Whether the program took `data` and ended well; one that takes too long is killed."""
    try:
        # Its keeper lives on with these files open: a pipe would never come to its end. Of a
        # session of its own it outlives this terminal, as what was copied should.
        process = await asyncio.create_subprocess_exec(
            *argv,
            env=clean_environment(environment),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(patience):
            await process.communicate(data)
    except TimeoutError:
        return False
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode == 0
