"""The app's own manners, in a real terminal: keys, sizes, leaving and coming back."""

import re
import signal

import pytest

from tests.e2e.person import say

EARLY = "typed before there was a screen"
ONLY_THE_DEMO = "I can only play the demo"


async def test_what_is_typed_from_the_first_moment_arrives(loom):
    screen = await loom("--provider", "demo")
    screen.type(EARLY)
    await screen.until(f"› {EARLY}", "ready")


async def test_keys_that_come_at_once_keep_their_order(loom):
    screen = await loom("--provider", "demo")
    await screen.until("ready")
    screen.send(b"hellp\x7fo\rnext")
    await screen.until("▌ hello", "› next", ONLY_THE_DEMO)


async def test_missing_key_is_told_with_the_next_step(loom):
    screen = await loom()
    await screen.until("no key for anthropic", "export ANTHROPIC_API_KEY", "OPENAI_BASE_URL=http")
    screen.type("/model demo\r")
    await screen.until("New thread demo")


async def test_ctrl_c_twice_leaves_and_the_thread_can_be_resumed(loom):
    screen = await loom("--provider", "demo")
    await screen.until("ready")
    await say(screen, "remember this")
    await screen.until(ONLY_THE_DEMO, "Enter send")
    screen.key("ctrl+c")
    await screen.until("Press Ctrl+C again")
    screen.key("ctrl+c")
    assert await screen.exit() == 0
    (thread,) = re.findall(r"loom resume (\S+)", screen.text)
    again = await loom("resume", thread)
    await again.until("remember this", "ever sees it", "ready")


async def test_another_size_is_taken_at_once(loom):
    screen = await loom("--provider", "demo")
    await screen.until("ready")
    screen.resize(140, 40)
    await screen.when(lambda: screen.text.split("\n")[39].endswith("help"), "the last line")
    screen.resize(60, 16)
    await screen.when(lambda: "Enter send" in screen.text.split("\n")[15], "the last line")
    screen.type("still here")
    await screen.until("› still here")


@pytest.mark.parametrize("end", [None, signal.SIGTERM, signal.SIGHUP])
async def test_terminal_is_left_as_it_was(loom, end):
    screen = await loom("--provider", "demo")
    await screen.until("ready")
    if end is None:
        screen.key("ctrl+d")
    else:
        screen.kill(end)
    assert await screen.exit() == 0
    for mode in (b"1049", b"1000", b"1003", b"1006", b"1004", b"2004"):
        assert screen.output.rfind(b"\x1b[?%sl" % mode) > screen.output.rfind(b"\x1b[?%sh" % mode)
    assert screen.output.rfind(b"\x1b[?25h") > screen.output.rfind(b"\x1b[?25l")
