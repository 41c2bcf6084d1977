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
        await screen.until("ready", "Enter send", "0% of")
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
    await screen.when(lambda: not live(screen), "an area without an answer")


def live(screen: Terminal) -> str:
    """What the area shows of the conversation: between its header and its rule."""
    lines = screen.text.split("\n")
    rule = max((at for at, line in enumerate(lines) if "───" in line), default=0)
    header = max((at for at, line in enumerate(lines[:rule]) if "anthropic" in line), default=-2)
    return "".join(lines[header + 1 : rule]).strip() if header >= 0 else "none"


def numbered(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip().startswith("line ")]


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


async def resized(screen: Terminal, columns: int, rows: int) -> None:
    """Another size, once the area is drawn for it, above tmux's own line."""
    screen.resize(columns, rows)

    def is_drawn() -> bool:
        *above, rule, prompt, status, _ = screen.text.split("\n")
        header = next((line for line in reversed(above) if "work" in line), "")
        if not header.endswith("work") or len(header) != columns - 1:
            return False
        return (
            rule == "─" * columns
            and "› Ask" in prompt
            and ("ready" in status or "writing" in status)
        )

    await screen.when(is_drawn, f"{columns} columns")


SIZES = [((50, 24), (110, 40), (60, 18)), ((30, 24), (90, 24)), ((89, 24), (88, 24), (45, 24))]


@pytest.mark.parametrize("sizes", SIZES)
async def test_resizing_leaves_the_scrollback_as_it_was(shell, socket: Path, sizes):
    async with dictated() as model:
        screen = await shell(model.environment)
        await told(screen, model, "count up", NUMBERS[:25])
        for size in (*sizes, (90, 24)):
            await resized(screen, *size)
        await screen.steady(0.4)  # tmux may tell of the last size a second time, late
        await told(screen, model, "go on", NUMBERS[25:])
        await left(screen)
    assert_clean(history(socket))


@pytest.mark.parametrize("sizes", SIZES)
async def test_resizing_while_an_answer_is_written_leaves_nothing_behind(
    shell, socket: Path, sizes
):
    async with dictated() as model:
        screen = await shell(model.environment)
        await say(screen, "count up")
        for at, size in enumerate((*sizes, (90, 24))):
            for line in NUMBERS[at * 10 : at * 10 + 10]:
                model.say(f"{line}\n\n")
            await screen.until(NUMBERS[at * 10 + 9])
            await resized(screen, *size)
        for line in NUMBERS[len(sizes) * 10 + 10 :]:
            model.say(f"{line}\n\n")
        model.end()
        await screen.until("ready", PROMPT_LINE, NUMBERS[-1])
        await left(screen)
    assert_clean(history(socket))


def assert_clean(lines: list[str]) -> None:
    """Every number once, and nothing of the live area."""
    said = "\n".join(lines)
    assert numbered(lines) == NUMBERS, said
    assert not any(piece in said for piece in ("Enter send", "0% of", "───", PROMPT_LINE)), said
    assert not any("count up" in line and "anthropic" in line for line in lines), said


async def test_a_terminal_that_cuts_its_rows_loses_nothing_that_was_printed(loom):
    async with dictated() as model:
        screen = await loom("--inline", size=(90, 24), **model.environment)
        await screen.until("ready", "0% of")
        await told(screen, model, "count up", NUMBERS[:3])
        for columns in (70, 44, 43, 90):
            start = len(screen.output)
            screen.resize(columns, 24)
            await screen.when(lambda at=start: b"\xe2\x94\x80" in screen.output[at:], "a new rule")
            await screen.until("─" * columns)
            assert screen.text.count("ready │") == 1, screen.picture
            assert numbered(screen.text.split("\n")) == NUMBERS[:3], screen.picture


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
