"""Text from right to left on real terminals: who turns it round, and who is told."""

import sys

import pytest
from bidi.algorithm import get_display

from tests.e2e.person import PROMPT_LINE, say
from tests.e2e.terminal import Terminal
from tests.fakes.dictation import dictated

SAID = "The word שלום עולם (peace) is 12 letters, مرحبا too."
TURNED = get_display(SAID)
EXPLICIT, IMPLICIT = b"\x1b[8l", b"\x1b[8h"
VTE, KONSOLE = {"VTE_VERSION": "7600"}, {"KONSOLE_VERSION": "230805"}


@pytest.mark.parametrize(
    ("variables", "shown", "is_told"),
    [
        ({}, TURNED, False),
        (VTE, TURNED, True),
        (KONSOLE, SAID, False),
        (VTE | {"LOOM_TUI__BIDI": "logical"}, SAID, False),
        (KONSOLE | {"LOOM_TUI__BIDI": "visual"}, TURNED, True),
    ],
)
async def test_the_cells_are_in_the_order_the_terminal_shows_right(loom, variables, shown, is_told):
    async with dictated() as model:
        screen = await loom(**model.environment, **variables)
        await screen.until("ready")
        await say(screen, "tell me")
        model.say(SAID)
        model.end()
        await screen.until(shown, "ready")
        screen.key("ctrl+d")
        await screen.exit()
    written = bytes(screen.output)
    assert (written.count(EXPLICIT), written.count(IMPLICIT)) == (is_told, is_told)
    assert written.rfind(EXPLICIT) <= written.rfind(IMPLICIT)


async def test_a_stopped_app_leaves_the_terminal_to_reorder_as_before(home, stack):
    environment = {**home.environment, **VTE, "PS1": "shell> "}
    shell = ["bash", "--norc", "--noprofile", "-i"]
    screen = await stack.enter_async_context(Terminal.run(shell, environment, home.workspace))
    await screen.until("shell>")
    screen.type(f"{sys.executable} -m loom --provider demo\r")
    await screen.until("ready", PROMPT_LINE)
    assert (screen.output.count(EXPLICIT), screen.output.count(IMPLICIT)) == (1, 0)
    screen.key("ctrl+z")
    await screen.until("Stopped", "shell>")
    assert (screen.output.count(EXPLICIT), screen.output.count(IMPLICIT)) == (1, 1)
    screen.type("fg\r")
    await screen.until("ready", PROMPT_LINE)
    assert (screen.output.count(EXPLICIT), screen.output.count(IMPLICIT)) == (2, 1)
