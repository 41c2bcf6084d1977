"""Going to one's own messages in the real app."""

import pytest

from loom.core.history import MessageEntry
from loom.core.messages import Message, Text, Thread
from loom.screens.help import HelpScreen
from loom.widgets.picker_modal import PickerModal
from tests.screens.test_chat import chat_of, leave, until

LONG = "\n\n".join(f"paragraph {number}" for number in range(30))


@pytest.fixture
def talked(make_app, workspace):
    """An app that opens a stored thread with three questions."""

    async def seed(store):
        await store.create(Thread("T-long", workspace=str(workspace)))
        for number in range(3):
            for role, text in (("user", f"question {number}"), ("assistant", LONG)):
                await store.append("T-long", MessageEntry(Message(role, (Text(text),))))

    return lambda **start: make_app(seed=seed, resume="T-long", **start)


async def opened(pilot):
    view = chat_of(pilot.app).transcript
    await until(pilot, lambda: len(view.own_messages) == 3 and view.is_drawn)
    await until(pilot, lambda: chat_of(pilot.app).conversation.thread_id)
    return view


def top(view):
    return next(iter(view.strips(view.top, 1))).text.strip("▌ ")


def told(app) -> str:
    return "\n".join(notification.message for notification in app._notifications)


async def test_goto_goes_to_the_message_of_that_number(talked):
    async with talked().run_test() as pilot:
        view = await opened(pilot)
        await pilot.press(*"/goto 2", "enter")
        await until(pilot, lambda: top(view) == "question 1")
        assert view.has_focus and view.chosen.text == "question 1"
        await pilot.press("escape", *"/next", "enter")
        await until(pilot, lambda: top(view) == "question 2")
        await pilot.press("escape", *"/previous", "enter")
        await until(pilot, lambda: top(view) == "question 1")
        await leave(pilot)


async def test_goto_without_a_number_offers_the_messages(talked):
    async with talked().run_test() as pilot:
        view = await opened(pilot)
        await pilot.press(*"/goto", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickerModal))
        assert pilot.app.screen._list.selected.label == "3  question 2"
        await pilot.press("up", "up", "enter")
        await until(pilot, lambda: top(view) == "question 0")
        await leave(pilot)


@pytest.mark.parametrize("words", ["0", "4", "-1", "two"])
async def test_a_message_that_is_not_there_is_told_with_those_that_are(talked, words: str):
    async with talked().run_test() as pilot:
        view = await opened(pilot)
        await pilot.press("pageup")
        place = view.top
        await pilot.press(*f"/goto {words}", "enter")
        await until(pilot, lambda: f"There is no message {words}." in told(pilot.app))
        assert "You have written 3: /goto 1 to /goto 3" in told(pilot.app)
        assert view.top == place
        await leave(pilot)


async def test_goto_in_an_empty_conversation_says_so(make_app):
    async with make_app().run_test() as pilot:
        await until(pilot, lambda: chat_of(pilot.app).conversation.thread_id)
        await pilot.press(*"/goto 1", "enter")
        await until(pilot, lambda: "no message here yet" in told(pilot.app))
        await leave(pilot)


async def test_the_keys_can_be_others_and_help_names_those(talked):
    chosen = {"transcript.previous_message": "P", "transcript.next_message": "N"}
    async with talked(keymap=chosen).run_test() as pilot:
        view = await opened(pilot)
        await pilot.press("ctrl+up", "P", "P", "N")
        assert top(view) == "question 2"
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        assert "`P` and `N` go to your message before and after" in pilot.app.screen._text
        await pilot.press("escape")
        await leave(pilot)
