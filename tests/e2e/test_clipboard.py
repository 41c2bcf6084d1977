"""Copying in the real app, on a real terminal."""

import base64
import re

from tests.e2e.person import say
from tests.e2e.terminal import Terminal


def clipboard_of(screen: Terminal) -> list[str]:
    """Each text that the terminal was asked to take."""
    found = re.findall(rb"\x1b\]52;c;([^\x07\x1b]*)\x07", screen.output)
    return [base64.b64decode(text).decode() for text in found]


async def answered(loom, **variables: str) -> Terminal:
    """The demo, once it has answered."""
    screen = await loom("--demo", **variables)
    await screen.until("This is the demo", "ready")
    await say(screen, "hello there")
    await screen.until("ever sees it", "ready")
    return screen


async def test_an_answer_reaches_the_terminal_by_osc_52(loom):
    screen = await answered(loom, SSH_TTY="/dev/pts/9")
    await say(screen, "/copy plain")
    await screen.until("OSC 52", "some terminals refuse")
    (text,) = clipboard_of(screen)
    assert text.startswith("I can only play the demo") and "\n" in text
    assert not screen.shows("Copied")
