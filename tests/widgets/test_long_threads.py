"""What a thread of 5,000 messages costs beside one of 50, counted in calls and not in seconds."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager

from loom.core.messages import Message, Text
from tests.widgets.test_message_list import TranscriptApp, drawn

POLLING = frozenset({"is_drawn"})


class Calls:
    """How many functions of the transcript and the markup were called."""

    def __init__(self) -> None:
        self.count = 0

    def note(self, frame, event, argument):
        code = frame.f_code
        is_ours = "/loom/widgets/" in code.co_filename or "/loom/markup/" in code.co_filename
        self.count += event == "call" and is_ours and code.co_name not in POLLING


@contextmanager
def counted() -> Iterator[Calls]:
    calls = Calls()
    sys.setprofile(calls.note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def talk(length):
    """A conversation of so many messages, all of the same few kinds."""
    for number in range(length // 2):
        yield Message("user", (Text(f"question {number % 10}"),), id=f"u{number}")
        yield Message("assistant", (Text("Some **words**\n\n- and\n- a list\n"),), id=f"a{number}")


async def rested(pilot):
    """Wait until the heights near the view are exact: idle work that ends."""
    pilot.app.clock.seconds += 1
    async with asyncio.timeout(20):
        while pilot.app.transcript.is_refining:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def shown(length):
    """A conversation of so many messages on the screen, with nothing left to do."""
    async with TranscriptApp().run_test(size=(60, 20)) as pilot:
        transcript = pilot.app.transcript
        transcript.show(list(talk(length)))
        await drawn(pilot)
        await rested(pilot)
        yield pilot, transcript


async def stream_and_scroll(length):
    """Calls until a streamed answer is on the screen, and for some ways of moving about."""
    async with shown(length) as (pilot, transcript):
        found = []
        with counted() as calls:
            transcript.begin_stream()
            for word in ("Well, ", "this ", "is ", "streamed.\n\n", "```py\n", "x = 1\n") * 5:
                transcript.stream_text(word)
                await drawn(pilot)
        found.append(calls.count)
        for key in ("pageup", "home", "end"):
            with counted() as calls:
                await pilot.press(key)
                await drawn(pilot)
            found.append(calls.count)
        return found


async def test_an_answer_and_a_jump_cost_the_same_in_a_thread_of_5000_messages():
    short, long = await stream_and_scroll(50), await stream_and_scroll(5_000)
    for few, many in zip(short, long, strict=True):
        assert 0 < many <= 1.2 * few + 100, (short, long)


async def go_about(length):
    """Calls for going to messages of one's own, near and far."""
    async with shown(length) as (pilot, transcript):
        found = []
        with counted() as calls:
            await pilot.press("left_curly_bracket")
        found.append(calls.count)
        own = transcript.own_messages
        for at in (0, len(own) // 2, len(own) - 1):
            with counted() as calls:
                transcript.go_to_message(own[at])
                await drawn(pilot)
            found.append(calls.count)
        return found


async def test_going_to_a_message_costs_the_same_in_a_thread_of_5000_messages():
    short, long = await go_about(50), await go_about(5_000)
    for few, many in zip(short, long, strict=True):
        assert 0 < many <= 1.2 * few + 100, (short, long)


async def test_lines_of_what_was_scrolled_past_are_dropped():
    async with TranscriptApp().run_test(size=(60, 80)) as pilot:
        transcript = pilot.app.transcript
        transcript.show(list(talk(2_000)))
        await drawn(pilot)
        for _ in range(20):
            await pilot.press("pageup")
        await drawn(pilot)
        assert len(transcript._flow._rendered) == 60
