"""Heights beyond the view become exact while nothing happens, and nothing on the screen moves."""

import asyncio

import pytest
from textual.app import App

from loom.widgets.message_list import MessageList
from loom.widgets.transcript.item import Item

WORDS = "wörter " * 60
"""More lines than their length lets one guess in a narrow view, or fewer."""


class Paragraph(Item):
    """An item that takes three lines more than it is reckoned to."""

    @property
    def text(self) -> str:
        return WORDS

    def lines(self, page):
        return page.renderer.plain(WORDS, page.width) + [[]] * 3


class Clock:
    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


class Long(App[None]):
    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.transcript = MessageList(clock=self.clock)

    def compose(self):
        yield self.transcript


@pytest.fixture
async def pilot():
    app = Long()
    async with app.run_test(size=(60, 20)) as pilot:
        for _ in range(100):
            app.transcript.put(Paragraph())
        app.transcript.flush()
        await pilot.pause()
        yield pilot


def shown(transcript):
    return [strip.text for strip in transcript.strips(transcript.top, transcript.size.height)]


async def test_what_is_read_does_not_move_while_heights_are_refined(pilot):
    transcript = pilot.app.transcript
    transcript.go_to(transcript.max_scroll_y // 2)
    await pilot.pause()
    before, height = shown(transcript), transcript.virtual_size.height
    pilot.app.clock.seconds += 1
    transcript.refine()
    assert transcript.virtual_size.height > height
    assert shown(transcript) == before


async def test_refining_waits_for_a_rest_and_ends(pilot):
    transcript = pilot.app.transcript
    height = transcript.virtual_size.height
    transcript.flush()
    transcript.refine()
    assert transcript.virtual_size.height == height
    pilot.app.clock.seconds += 1
    async with asyncio.timeout(10):
        while transcript.is_refining:
            await asyncio.sleep(0.01)
    assert transcript.virtual_size.height > height


async def test_lines_that_were_rendered_for_their_height_are_not_kept(pilot):
    transcript = pilot.app.transcript
    pilot.app.clock.seconds += 1
    transcript.refine()
    assert len(transcript._flow._rendered) < 20
