"""The screen without colours, and without motion, on a real terminal."""

import re

from loom.widgets.spinner import FRAMES
from tests.e2e.person import allow, asked
from tests.e2e.providers import variables
from tests.fakes.providers import FakeProvider, Say, Turn
from tests.fakes.providers.script import Trouble

FRAME = b"\x1b[?2026h"
COLOUR = re.compile(r"\x1b\[[\d;]*?[34]8;2;(\d+);(\d+);(\d+)")


async def test_without_colours_signs_and_words_tell_the_status(loom):
    screen = await loom("--demo", size=(100, 60), NO_COLOR="1")
    await screen.until("This is the demo", "Find the bug and fix it", "ready │ ask")
    screen.key("enter")
    await allow(screen, "bash")
    await asked(screen, "edit_file")
    assert screen.shows("19 - return end - start") and screen.shows("19 + return (end - start)")
    await allow(screen, "edit_file")
    await allow(screen, "bash")
    await screen.until("✓ edit_file", "✓ bash", "Fixed.", "ready")
    colours = COLOUR.findall(screen.output.decode(errors="replace"))
    assert colours and all(len(set(colour)) == 1 for colour in colours), "greys alone"


async def test_with_reduced_motion_nothing_turns_and_the_clock_ticks_by_seconds(loom):
    silent = Turn(Say("a"), trouble=Trouble.SILENCE)
    async with FakeProvider([silent]) as fake:
        calm = {"LOOM_TUI__REDUCED_MOTION": "1", **variables("anthropic", fake)}
        screen = await loom(**calm)
        await screen.until("ready")
        screen.type("go\r")
        await screen.until("thinking 1s")
        since = len(screen.output)
        await screen.until("thinking 4s")
        told = screen.output[since:]
    assert not set(FRAMES) & set(screen.output.decode(errors="replace"))
    assert told.count(FRAME) <= 4, "one frame a second, and one more where a second ends late"


async def test_the_setting_is_what_stills_it(loom):
    async with FakeProvider([Turn(Say("a"), trouble=Trouble.SILENCE)]) as fake:
        screen = await loom(**variables("anthropic", fake))
        await screen.until("ready")
        screen.type("go\r")
        await screen.until("thinking 1s")
    assert set(FRAMES) & set(screen.output.decode(errors="replace"))
