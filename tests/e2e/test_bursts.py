"""Keys that come in one piece, as over a slow link, are taken in order."""

import pytest

from tests.e2e.person import PROMPT_LINE, say
from tests.fakes.dictation import dictated


@pytest.fixture
async def talked(loom):
    """The app with one long answer in it."""
    async with dictated() as model:
        screen = await loom(**model.environment)
        await screen.until("ready")
        await say(screen, "count up")
        for number in range(60):
            model.say(f"line {number:02}.\n\n")
        model.end()
        await screen.until("line 59.", "ready", PROMPT_LINE)
        yield screen


async def test_letters_right_behind_find_are_looked_for(talked):
    talked.send(b"\x06line 07")
    await talked.until("1 of 1", "line 07.", "Find line 07")
    talked.send(b"\x1b")
    await talked.until_gone("1 of 1")
    assert talked.shows(PROMPT_LINE)


async def test_a_letter_and_the_key_that_quits_an_empty_input_do_not_quit(talked):
    talked.send(b"a\x04")
    await talked.until("› a")
    talked.send(b"b")
    await talked.until("› ab")


async def test_the_key_that_empties_the_input_and_the_one_that_quits_then_do_quit(talked):
    talked.type("abc")
    await talked.until("› abc")
    talked.send(b"\x15\x04")
    assert await talked.exit() == 0


async def test_copy_mode_and_a_key_of_it_in_one_piece(talked):
    talked.send(b"\x1b[1;5A")
    await talked.until("ready")
    talked.send(b"vg")
    await talked.until("copy mode", "line 00.")
    talked.send(b"q")
    await talked.until_gone("copy mode")
    talked.send(b"vgVGy")
    await talked.until_gone("copy mode")
    assert talked.process.poll() is None


async def test_a_message_and_the_key_that_quits_in_one_piece(talked, run):
    talked.send(b"remember this\r\x04")
    assert await talked.exit() == 0
    assert "remember this" in (await run("log")).out


async def test_the_key_that_leads_to_the_input_and_letters_that_are_keys_before_it(talked):
    talked.send(b"\x1b[1;5Aikjvy")
    await talked.until("› kjvy")


async def test_a_paste_does_not_overtake_the_key_that_leads_to_where_it_goes(talked):
    talked.send(b"\x06\x1b[200~line 07\x1b[201~")
    await talked.until("1 of 1", "Find line 07")


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


async def test_a_word_typed_on_the_conversation_is_whole_in_the_input(screen):
    screen.send(b"\x1b[1;5A")  # Ctrl+Up: to the conversation, where o and j are keys
    await screen.when(lambda: screen.caret is None, "the keyboard on the conversation")
    screen.type("hello joy")
    await screen.until("› hello joy")


async def test_a_command_right_behind_the_search_bar_is_whole(screen):
    screen.send(b"\x06")
    await screen.until("Find")
    screen.send(b"word\r\x1b[27u/goto 7")
    await screen.until("› /goto 7")
