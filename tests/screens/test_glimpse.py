"""The last words of a stored thread are there before its session is."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from loom.core.history import MessageEntry, ToolStartEntry
from loom.core.messages import Message, Text, Thread, ToolCall
from loom.threads.glimpse import ENTRIES, Glimpse
from tests.screens.test_chat import chat_of, leave, live, shown, until

COUNT = ENTRIES + 100


def message(number: int) -> Message:
    words = f"message {number}\n\nwith some **words** to it, so that it is more than one line " * 3
    return Message("assistant" if number % 2 else "user", (Text(words),), id=f"m{number}")


MESSAGES = [message(number) for number in range(COUNT)]
THREAD = Thread("T-long", "A long talk")


@pytest.fixture
def slow(make_app):
    """An app on a long thread whose host opens when it is let, and what lets it."""

    async def seed(store):
        await store.create(THREAD)
        await store.append("T-long", *map(MessageEntry, MESSAGES))

    def make(may_open, last=MESSAGES[-ENTRIES:], seed=seed):
        app = make_app(seed=seed, resume="T-long", glimpse=lambda: Glimpse(THREAD, tuple(last)))
        open_host = app._start.open_host

        @asynccontextmanager
        async def later():
            await may_open.wait()
            async with open_host() as host:
                yield host

        chat_of(app).live._open_host = later
        return app

    return make


def rows(app) -> list[str]:
    """The conversation as it is painted, without its scrollbar."""
    view = chat_of(app).transcript
    return [strip.text for strip in view.render_lines(view.size.region)]


async def test_the_last_words_are_shown_before_the_host_is_open_and_stay(slow):
    may_open = asyncio.Event()
    async with slow(may_open).run_test() as pilot:
        chat = chat_of(pilot.app)
        await until(pilot, lambda: len(chat.transcript.items) == ENTRIES)
        await until(pilot, lambda: chat.transcript.is_drawn)
        assert chat.header.title == "A long talk" and not chat.conversation.thread_id
        before, painted = rows(pilot.app), note_paints(chat.transcript)
        assert f"message {COUNT - 1}" in "\n".join(before)
        may_open.set()
        await live(pilot)
        await until(pilot, lambda: chat.transcript.is_drawn)
        assert len(chat.transcript.items) == COUNT and chat.transcript.follows
        assert rows(pilot.app) == before
        assert all(each == before for each in painted)
        await leave(pilot)


async def test_who_has_scrolled_up_meanwhile_reads_on_at_the_same_line(slow):
    may_open = asyncio.Event()
    async with slow(may_open).run_test() as pilot:
        chat = chat_of(pilot.app)
        await until(pilot, lambda: len(chat.transcript.items) == ENTRIES)
        await pilot.press("pageup", "pageup", "pageup", "pageup")
        await until(pilot, lambda: chat.transcript.is_drawn)
        before = rows(pilot.app)
        may_open.set()
        await live(pilot)
        await until(pilot, lambda: chat.transcript.is_drawn)
        assert len(chat.transcript.items) == COUNT and not chat.transcript.follows
        assert rows(pilot.app) == before
        await leave(pilot)


async def test_a_session_that_is_there_first_is_not_covered(slow):
    may_open = asyncio.Event()
    may_open.set()
    async with slow(may_open, last=[message(0)]).run_test() as pilot:
        await live(pilot)
        await until(pilot, lambda: f"message {COUNT - 1}" in shown(pilot.app))
        await leave(pilot)


async def test_a_call_without_a_result_is_not_called_interrupted_before_it_is_known(slow):
    call = ToolCall("c1", "bash", {"command": "sleep 9"})
    asked = Message("assistant", (Text("I look."), call), id="a")

    async def seed(store):
        await store.create(THREAD)
        await store.append("T-long", MessageEntry(asked), ToolStartEntry("c1"))

    may_open = asyncio.Event()
    async with slow(may_open, last=[asked], seed=seed).run_test() as pilot:
        await until(pilot, lambda: "I look." in shown(pilot.app))
        assert "interrupted" not in "\n".join(rows(pilot.app))
        may_open.set()
        await live(pilot)
        await until(pilot, lambda: "interrupted" in "\n".join(rows(pilot.app)))
        await leave(pilot)


def note_paints(view) -> list[list[str]]:
    """What every whole paint of the conversation from now on shows."""
    painted, render = [], view.render_lines

    def noted(crop):
        strips = render(crop)
        if crop.height == view.size.height:
            painted.append([strip.text for strip in strips])
        return strips

    view.render_lines = noted
    return painted
