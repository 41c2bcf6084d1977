"""Keys that come all at once, as over a slow link: each finds what the one before it left."""

import pytest


@pytest.fixture
async def screen(loom):
    screen = await loom("--provider", "demo")
    await screen.until("ready", "0% of")
    return screen


async def test_letters_right_behind_a_command_are_not_lost(screen):
    screen.type("/compact")
    await screen.until("summarise the")
    screen.type("\rxyz")
    await screen.until("nothing to compact", "› xyz")


async def test_a_command_and_letters_in_one_burst_are_what_was_typed(screen):
    screen.type("/compact\rxyz")
    await screen.until("nothing to compact", "› xyz")


async def test_letters_right_behind_a_recalled_text_are_at_its_end(screen):
    screen.type("/mode edit\r")
    await screen.until("edit", "ready")
    screen.type("\x1b[Axyz")
    await screen.until("› /mode editxyz")


async def test_a_word_that_the_list_has_not_seen_is_not_completed(screen):
    screen.type("/mo")
    await screen.until("choose the model")
    screen.type("nsense\r")
    await screen.until("/monsense")
