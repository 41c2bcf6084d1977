"""What Loom leaves on the terminal, and what it prints of a thread later."""

import pytest

from tests.e2e.person import PROMPT_LINE, say
from tests.e2e.terminal import Terminal
from tests.fakes.dictation import Dictation, dictated


async def talked(screen: Terminal, model: Dictation) -> None:
    """One exchange, and the app is left."""
    await screen.until("ready")
    await say(screen, "what is a loom?")
    model.say("A loom weaves **cloth**.")
    model.end()
    await screen.until("weaves cloth", "ready", PROMPT_LINE)
    screen.key("ctrl+d")
    assert await screen.exit() == 0


async def test_leaving_says_what_was_done_and_how_to_go_on(loom):
    async with dictated() as model:
        screen = await loom(**model.environment)
        await talked(screen, model)
    lines = screen.text.strip().split("\n")
    assert len(lines) == 4 and "2 messages" in lines[1]
    assert lines[2].startswith("loom resume T-") and lines[3].startswith("loom log T-")


async def test_nothing_said_leaves_nothing(loom):
    screen = await loom("--provider", "demo")
    await screen.until("ready")
    screen.key("ctrl+d")
    assert await screen.exit() == 0
    assert screen.text.strip() == ""


async def test_the_conversation_can_be_left_in_the_scrollback(loom):
    async with dictated() as model:
        screen = await loom(**model.environment, LOOM_TUI__PRINT_ON_EXIT="true")
        await talked(screen, model)
    assert screen.shows("what is a loom?") and screen.shows("A loom weaves **cloth**.")
    assert screen.shows("loom resume T-")


@pytest.mark.parametrize("pager", ["cat", "less"])
async def test_loom_log_prints_the_last_thread_through_the_pager(loom, run, pager):
    async with dictated() as model:
        await talked(await loom(**model.environment), model)
    piped = await run("log")
    assert piped.status == 0 and "A loom weaves **cloth**." in piped.out
    assert "\x1b" not in piped.out
    screen = await loom("log", PAGER=pager)
    await screen.until("A loom weaves **cloth**.")
    assert b"\x1b[1m#" in screen.output
    assert await screen.exit() == 0


async def test_loom_log_without_a_thread_says_so(run):
    finished = await run("log")
    assert finished.status == 1 and "no thread in this folder" in finished.err
