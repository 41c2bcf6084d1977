"""From one message of the person to the next."""

from loom.core.messages import Text
from tests.widgets.test_message_list import TranscriptApp, assistant, drawn, user

PREVIOUS, NEXT = "left_curly_bracket", "right_curly_bracket"
LONG = "\n\n".join(f"paragraph {number}" for number in range(30))


async def opened(pilot, count=5):
    """A conversation whose answers are all higher than the view."""
    transcript = pilot.app.transcript
    turns = [(user(f"question {number}"), assistant(Text(LONG))) for number in range(count)]
    transcript.show([message for turn in turns for message in turn])
    await drawn(pilot)
    return transcript


def first_line(transcript):
    """What stands at the top of the view."""
    return next(iter(transcript.strips(transcript.top, 1))).text.strip("▌ ")


async def test_keys_go_from_message_to_message_and_back_to_the_end():
    async with TranscriptApp().run_test(size=(60, 12)) as pilot:
        transcript = await opened(pilot)
        seen = []
        for key in [PREVIOUS] * 6 + [NEXT] * 4:
            await pilot.press(key)
            seen.append(first_line(transcript))
        there = [f"question {number}" for number in (4, 3, 2, 1, 0, 0, 1, 2, 3, 4)]
        assert seen == there
        assert not transcript.follows
        await pilot.press(NEXT)
        assert transcript.follows
        await pilot.press(PREVIOUS)
        assert first_line(transcript) == "question 4"


async def test_they_go_on_from_what_is_in_view_where_the_cursor_is_not():
    async with TranscriptApp().run_test(size=(60, 12)) as pilot:
        transcript = await opened(pilot)
        transcript.go_to_message(transcript.own_messages[2])
        transcript.action_scroll_pages(2)
        await pilot.press(PREVIOUS)
        assert first_line(transcript) == "question 2"
        transcript.action_scroll_pages(2)
        await pilot.press(NEXT)
        assert first_line(transcript) == "question 3"
        await pilot.press("pageup", PREVIOUS)
        assert first_line(transcript) == "question 2"


async def test_a_message_near_the_end_has_the_cursor_though_it_cannot_be_at_the_top():
    async with TranscriptApp().run_test(size=(60, 12)) as pilot:
        transcript = pilot.app.transcript
        transcript.show([user("first"), assistant(Text(LONG)), user("second"), user("third")])
        await drawn(pilot)
        chosen = []
        for key in (PREVIOUS, PREVIOUS, PREVIOUS, NEXT, NEXT):
            await pilot.press(key)
            chosen.append(transcript.chosen.text)
        assert chosen == ["third", "second", "first", "second", "third"]


async def test_what_is_queued_is_no_message_yet_and_an_empty_conversation_none():
    async with TranscriptApp().run_test(size=(60, 12)) as pilot:
        await pilot.press(PREVIOUS, NEXT)
        transcript = await opened(pilot, 2)
        transcript.queued(user("later", "q"))
        assert [item.text for item in transcript.own_messages] == ["question 0", "question 1"]
