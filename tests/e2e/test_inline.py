"""Inline mode: the conversation is left in the terminal's own scrollback, in the real tmux."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import Home
from tests.e2e.person import CHOICES, PROMPT_LINE, allow, asked, say
from tests.e2e.terminal import Terminal
from tests.fakes.dictation import Dictation, dictated

LOOM = f"{sys.executable} -m loom --inline"
NUMBERS = [f"line {number:02}." for number in range(40)]


@pytest.fixture
def socket(home: Home) -> Iterator[Path]:
    """A tmux server of the test's own, which ends with it."""
    path = home.temporary / "tmux"
    yield path
    subprocess.run(["tmux", "-S", path, "kill-server"], capture_output=True, check=False)


@pytest.fixture
def shell(home: Home, stack: AsyncExitStack, socket: Path):
    """`await shell(...)` is Loom, run by a shell in tmux, in 90 columns and 24 rows."""

    async def start(variables: Mapping[str, str], options: str = "") -> Terminal:
        inside = f"echo before; {LOOM} {options}; echo left; exec cat"
        words = ["tmux", "-u", "-S", str(socket), "-f", "/dev/null", "new", inside]
        # The emulator has no SU, with which tmux scrolls an xterm.
        environment = {**home.environment, **variables, "TERM": "linux"}
        running = Terminal.run(words, environment, home.workspace, (90, 24))
        screen = await stack.enter_async_context(running)
        await screen.until("ready", "Enter send")
        return screen

    return start


def history(socket: Path) -> list[str]:
    """All that tmux keeps of the pane, its scrollback first."""
    words = ["tmux", "-S", socket, "capture-pane", "-p", "-S", "-"]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return [line.strip() for line in text.split("\n")]


async def told(screen: Terminal, model: Dictation, question: str, lines: list[str]) -> None:
    """One question and its answer, a line each."""
    await say(screen, question)
    for line in lines:
        model.say(f"{line}\n\n")
    model.end()
    await screen.until("ready", PROMPT_LINE, lines[-1])


def numbered(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("line ")]


async def left(screen: Terminal) -> None:
    screen.key("ctrl+d")
    await screen.until("loom resume T-", "left")


async def test_each_line_is_in_the_scrollback_once_and_in_order(shell, socket: Path):
    async with dictated() as model:
        screen = await shell(model.environment)
        await told(screen, model, "count up", NUMBERS[:25])
        await told(screen, model, "go on", NUMBERS[25:])
        await left(screen)
    lines = history(socket)
    assert numbered(lines) == NUMBERS, "\n".join(lines)
    assert lines.count("▌ count up") == lines.count("▌ go on") == 1, lines
    assert not any("Enter send" in line or PROMPT_LINE in line for line in lines)
    assert [lines[0], *[line for line in lines if line][-1:]] == ["before", "left"]
    assert lines.index("▌ go on") > lines.index(NUMBERS[24])


async def test_resizing_leaves_the_scrollback_as_it_was(shell, socket: Path):
    async with dictated() as model:
        screen = await shell(model.environment)
        await told(screen, model, "count up", NUMBERS[:25])
        await screen.steady(0.5)
        for size in ((50, 24), (110, 40), (60, 18), (90, 24)):
            screen.resize(*size)
            await screen.steady(0.5)
        await told(screen, model, "go on", NUMBERS[25:])
        await left(screen)
    lines = history(socket)
    assert numbered(lines) == NUMBERS, "\n".join(lines)
    assert not any("Enter send" in line or PROMPT_LINE in line for line in lines)


async def test_leaving_in_the_middle_of_an_answer_keeps_what_came(shell, socket: Path, run):
    async with dictated() as model:
        screen = await shell(model.environment)
        await say(screen, "count up")
        for line in NUMBERS:
            model.say(f"{line}\n\n")
        model.say("and a half")
        await screen.until(NUMBERS[-1], "and a half")
        await left(screen)
    lines = [line for line in history(socket) if line]
    asked = lines.index("▌ count up")
    assert lines[asked + 1 : asked + 44] == [*NUMBERS, "and a half", "count up", "2 messages"]
    assert lines[asked + 44].startswith("loom resume T-"), lines
    printed = (await run(*lines[asked + 45].split()[1:3])).out
    assert all(line in printed for line in (*NUMBERS, "and a half"))


async def test_a_question_fits_and_is_answered(shell, socket: Path):
    screen = await shell({}, "--demo")
    screen.key("enter")
    await allow(screen, "bash")
    await asked(screen, "edit_file")
    assert screen.shows("+ return (end - start) % DAY")
    screen.key("y")
    await screen.until_gone(CHOICES)
    await allow(screen, "bash")
    await screen.until("Fixed.", "ready", PROMPT_LINE)
    screen.key("ctrl+d")
    await screen.until("left")
    lines = history(socket)
    assert len([line for line in lines if "Fixed." in line]) == 1, "\n".join(lines)
    assert not any(CHOICES in line or "Enter send" in line for line in lines), "\n".join(lines)


async def test_a_thread_is_resumed_with_its_last_messages(shell, socket: Path, home: Home, loom):
    async with dictated() as model:
        screen = await shell(model.environment)
        for question in ("one", "two", "three"):
            await told(screen, model, question, [f"line {question}."])
        await left(screen)
        again = await loom("resume", "--inline", **model.environment)
        await again.until("2 earlier messages are not printed", "line two.", "line three.", "ready")
        assert not again.shows("line one.")
        again.key("ctrl+f")
        await again.until("Find needs the full screen")
        again.key("ctrl+d")
        assert await again.exit() == 0
    assert b"\x1b[?1049h" not in again.output and b"\x1b[?1000h" not in again.output
