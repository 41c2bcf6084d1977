"""Loom inside the real tmux and the real GNU screen."""

import asyncio
import re
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import Home
from tests.e2e.person import PROMPT_LINE
from tests.e2e.terminal import Terminal

LOOM = [sys.executable, "-m", "loom", "--provider", "demo"]


@pytest.fixture
def socket(home: Home):
    """A tmux server of the test's own, which ends with it."""
    path = home.temporary / "tmux"
    yield path
    subprocess.run(["tmux", "-S", path, "kill-server"], capture_output=True, check=False)


def captured(socket: Path) -> list[str]:
    """The pane as tmux has it."""
    words = ["tmux", "-S", socket, "capture-pane", "-p"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split("\n")


async def talk(screen: Terminal) -> None:
    await screen.until("ready", PROMPT_LINE)
    screen.type("日本 hello")
    await screen.until("› 日本 hello")
    await screen.when(lambda: screen.before_caret.endswith("日本 hello"), "the caret behind it")
    screen.resize(100, 30)
    await screen.when(lambda: "Enter send" in "".join(screen.text.split("\n")[26:]), "last line")
    await screen.steady(0.3)


async def test_in_tmux_the_pane_shows_what_the_terminal_shows(
    home: Home, stack: AsyncExitStack, socket: Path
):
    words = ["tmux", "-u", "-S", str(socket), "-f", "/dev/null", "new", *LOOM]
    screen = await stack.enter_async_context(Terminal.run(words, home.environment, home.workspace))
    await talk(screen)

    def shown(lines: list[str]) -> list[str]:
        return [line.rstrip() for line in lines[:29]]

    await screen.when(lambda: shown(captured(socket)) == shown(screen.text.split("\n")), "the pane")
    screen.key("ctrl+u")
    await screen.until(PROMPT_LINE)
    screen.key("ctrl+d")
    await screen.exit()


async def test_in_gnu_screen_it_draws_and_takes_keys(home: Home, stack: AsyncExitStack):
    folder = home.temporary / "screens"
    folder.mkdir(mode=0o700)
    environment = {**home.environment, "SCREENDIR": str(folder)}
    words = ["screen", "-U", "-c", "/dev/null", *LOOM]
    screen = await stack.enter_async_context(Terminal.run(words, environment, home.workspace))
    await talk(screen)
    screen.key("ctrl+u")
    await screen.until(PROMPT_LINE)
    screen.key("ctrl+d")
    await screen.exit()


def outside_of_frames(painted: bytes) -> bytes:
    """What stands before, between and after frames: between marks, or a hidden cursor's ends."""
    has_marks = b"\x1b[?2026h" in painted
    ends = (b"\x1b[?2026h", b"\x1b[?2026l") if has_marks else (b"\x1b[?25l", b"\x1b[?25h")
    begin, end = map(re.escape, ends)
    return re.sub(begin + b".*?" + end, b"", painted, flags=re.DOTALL)


async def test_in_tmux_a_frame_is_whole_with_its_marks_or_a_hidden_cursor(
    home: Home, stack: AsyncExitStack, socket: Path
):
    log, settings = home.root / "written", home.root / "tmux.conf"
    settings.write_text("set -as terminal-features ',*:sync'\n")
    loom = " ".join(LOOM)
    inside = f"tmux -S {socket} pipe-pane 'cat > {log}'; exec {loom}"
    words = ["tmux", "-u", "-S", str(socket), "-f", str(settings), "new", inside]
    screen = await stack.enter_async_context(Terminal.run(words, home.environment, home.workspace))
    await screen.until("ready", "0% of", PROMPT_LINE)
    await screen.steady(0.3)
    start = log.stat().st_size
    screen.type("whole")
    await screen.until("› whole")
    painted = b""
    async with asyncio.timeout(10):
        # tmux hands on what it read when it likes.
        while b"e" not in painted or outside_of_frames(painted):
            await asyncio.sleep(0.02)
            painted = log.read_bytes()[start:]
    # What tmux paints of it is one piece for the terminal, by the mark that it knows.
    assert b"\x1bP=1s\x1b\\" in screen.output or b"\x1b[?2026h" in screen.output
    screen.key("ctrl+u")
    await screen.until(PROMPT_LINE)
    screen.key("ctrl+d")
    await screen.exit()


async def test_in_tmux_marks_that_it_does_not_know_print_nothing(
    home: Home, stack: AsyncExitStack, socket: Path
):
    marked = "printf '\\033[?2026hwhole\\033[?2026l frame'; exec cat"
    words = ["tmux", "-u", "-S", str(socket), "-f", "/dev/null", "new", marked]
    screen = await stack.enter_async_context(Terminal.run(words, home.environment, home.workspace))
    await screen.until("whole frame")
    assert captured(socket)[0] == "whole frame"
