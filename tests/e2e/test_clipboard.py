"""Copying in the real app, on a real terminal."""

import base64
import re

from tests.e2e.person import say
from tests.e2e.terminal import Terminal


def clipboard_of(screen: Terminal) -> list[str]:
    """Each text that the terminal was asked to take; tmux names no selection, which is `c`."""
    found = re.findall(rb"\x1b\]52;c?;([^\x07\x1b]*)(?:\x07|\x1b\\)", screen.output)
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
    await screen.until("OSC 52", "some terminals", "refuse it")  # beside the conversation
    (text,) = clipboard_of(screen)
    assert text.startswith("I can only play the demo") and "\n" in text
    assert not screen.shows("Copied")


async def test_the_mouse_is_left_to_the_terminal_and_taken_back(loom):
    screen = await loom("--demo")
    await screen.until("This is the demo", "ready")
    screen.send(b"\x1b[24~")
    await screen.until("mouse free")
    assert modes_of(screen)[1000] == modes_of(screen)[1003] == modes_of(screen)[1006] == "l"
    screen.send(b"\x1b[24~")
    await screen.until_gone("mouse free")
    assert modes_of(screen)[1000] == modes_of(screen)[1003] == modes_of(screen)[1006] == "h"


def modes_of(screen: Terminal) -> dict[int, str]:
    """Each private mode of the terminal as it was set last: `h` is on."""
    found = re.findall(rb"\x1b\[\?(\d+)([hl])", screen.output)
    return {int(mode): state.decode() for mode, state in found}


async def test_a_selection_by_keys_reaches_the_terminal(loom):
    screen = await answered(loom, SSH_TTY="/dev/pts/9")
    screen.send(b"\x1b[1;5A")  # ctrl+up
    await screen.steady(0.2)
    screen.type("vGVy")
    await screen.when(lambda: len(clipboard_of(screen)) == 1, "the clipboard")
    assert clipboard_of(screen)[0].endswith("ever sees it.")
    await screen.until_gone("copy mode")


async def test_a_file_opens_in_the_editor_and_the_app_comes_back(loom, home):
    (home.workspace / "notes.txt").write_text("one\ntwo\n")
    log = home.root / "argv"
    tool = home.root / "vi"
    tool.write_text(f'#!/bin/sh\necho "$@" > {log}\necho in the editor\nread answer\n')
    tool.chmod(0o755)
    screen = await loom("--provider", "demo", EDITOR=str(tool))
    await screen.until("ready")
    await say(screen, "look at notes.txt:2")
    await screen.until("ever sees it", "ready")
    screen.send(b"\x1b[1;5A")
    await screen.steady(0.2)
    screen.type("vgjjjww")
    screen.key("enter")
    await screen.until("in the editor")
    screen.key("enter")
    await screen.until("look at notes.txt:2", "copy mode", "Ask Loom to do")
    assert log.read_text() == f"+2 {home.workspace.resolve()}/notes.txt\n"
