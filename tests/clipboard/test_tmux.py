"""In a real tmux and a real GNU screen: what the terminal around them receives."""

import base64
import os
import re
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal

ROOT = Path(__file__).parents[2]
TEXT = "a line\nand ünother"
ENCODED = base64.b64encode(TEXT.encode())
COPY = """
import asyncio, os, sys
from pathlib import Path
from loom.clipboard import Clipboard
def write(data):
    sys.stdout.write(data)
    sys.stdout.flush()
text = sys.argv[1] * int(sys.argv[2])
outcome = asyncio.run(Clipboard(os.environ, write, Path(sys.argv[3])).put(text))
print("SAID:", *outcome, "END", flush=True)
sys.stdin.read()
"""


class Around:
    """A multiplexer in a terminal, with a program in it that copies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "tmux"
        self.kept = folder / "copied.txt"
        (folder / "copies_text.py").write_text(COPY)
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "SCREENDIR": str(folder / "screens"),
        }

    def argv(self, text: str, times: int) -> list[str]:
        return [
            sys.executable,
            str(self.folder / "copies_text.py"),
            text,
            str(times),
            str(self.kept),
        ]

    def tmux(self, *words: str) -> str:
        argv = ["tmux", "-S", str(self.socket), *words]
        return subprocess.run(argv, env=self.environment, capture_output=True, text=True).stdout

    @asynccontextmanager
    async def in_tmux(self, *options: str, text: str = TEXT, times: int = 1, **variables: str):
        settings = "\n".join(["set -g status off", *options])
        (self.folder / "conf").write_text(settings + "\n")
        start = ["tmux", "-S", str(self.socket), "-f", str(self.folder / "conf"), "new"]
        environment = {**self.environment, **variables}
        argv = [*start, *self.argv(text, times)]
        try:
            async with Terminal.run(argv, environment, self.folder, (200, 10)) as screen:
                await screen.until("SAID:", "END")
                yield screen
        finally:
            self.tmux("kill-server")


@pytest.fixture
def around(tmp_path_factory: pytest.TempPathFactory) -> Around:
    folder = tmp_path_factory.mktemp("t")
    (folder / "screens").mkdir(mode=0o700)
    return Around(folder)


def sequences(screen: Terminal) -> list[bytes]:
    """Every OSC 52 that reached the terminal, as it came."""
    return re.findall(rb"\x1b\]52;[^\x07\x1b]*(?:\x07|\x1b\\)", screen.output)


async def test_tmux_keeps_the_text_and_hands_it_to_the_terminal(around):
    async with around.in_tmux() as screen:
        assert sequences(screen) == [b"\x1b]52;;" + ENCODED + b"\x07"]
        assert around.tmux("show-buffer") == TEXT
        assert screen.shows("2 lines: is in tmux's buffer, and was sent to the terminal; some")


async def test_a_tmux_that_passes_through_hands_it_on_byte_for_byte(around):
    options = ("set -g allow-passthrough on", "set -as terminal-overrides ',*:Ms@'")
    async with around.in_tmux(*options) as screen:
        assert sequences(screen) == [b"\x1b]52;c;" + ENCODED + b"\x07"]
        assert around.tmux("show-buffer") == TEXT


async def test_a_tmux_whose_clipboard_is_off_is_told_from_one_that_copies(around):
    options = ("set -s set-clipboard off", "set -g allow-passthrough on")
    async with around.in_tmux(*options) as screen:
        assert sequences(screen) == []
        assert around.tmux("show-buffer") == TEXT
        assert screen.shows("2 lines: is in tmux's buffer only.")
        assert screen.shows("tmux set -s set-clipboard on")
        assert not screen.shows("sent")


async def test_too_much_for_a_terminal_is_in_tmux_and_in_a_file(around):
    async with around.in_tmux(text="0123456789", times=8_000) as screen:
        assert sequences(screen) == []
        assert around.tmux("show-buffer") == "0123456789" * 8_000
        assert around.kept.read_text() == "0123456789" * 8_000
        assert screen.shows(f"written to {around.kept}")


async def test_in_tmux_a_program_of_this_machine_is_asked_first(around):
    tool = around.folder / "xclip"
    tool.write_text(f"#!/bin/sh\ncat > {around.folder}/got\n")
    tool.chmod(0o755)
    path = f"{around.folder}:{os.environ['PATH']}"
    async with around.in_tmux(PATH=path, DISPLAY=":7") as screen:
        assert screen.shows("SAID: Copied 2 lines.")
        assert (around.folder / "got").read_text() == TEXT
        assert around.tmux("show-buffer") == TEXT


async def test_a_client_of_tmux_that_came_by_ssh_is_asked_and_not_this_machine(around):
    tool = around.folder / "xclip"
    tool.write_text("#!/bin/sh\ncat > /dev/null\n")
    tool.chmod(0o755)
    path = f"{around.folder}:{os.environ['PATH']}"
    async with around.in_tmux(PATH=path, DISPLAY=":7", SSH_CONNECTION="1 2 3 4") as screen:
        assert sequences(screen) == [b"\x1b]52;;" + ENCODED + b"\x07"]
        assert not screen.shows("Copied")


async def test_gnu_screen_hands_it_on_byte_for_byte(around):
    argv = ["screen", "-c", "/dev/null", *around.argv(TEXT * 40, 1)]
    async with Terminal.run(argv, around.environment, around.folder, (200, 10)) as screen:
        await screen.until("SAID:", "END")
        encoded = base64.b64encode((TEXT * 40).encode())
        assert sequences(screen) == [b"\x1b]52;c;" + encoded + b"\x07"]
