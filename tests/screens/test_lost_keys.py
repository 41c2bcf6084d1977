"""What is typed or pressed where it is no key of the widget with the keyboard."""

from textual.widgets.text_area import Selection

from loom.widgets.prompt_area import PromptArea
from tests.fakes.model import ScriptedModel, says
from tests.screens.test_chat import at_rest, chat_of, leave, live, shown, until


async def answered(pilot):
    await pilot.press(*"hi", "enter")
    await until(pilot, lambda: "Hello" in shown(pilot.app))
    await at_rest(pilot)
    return chat_of(pilot.app)


async def test_letters_that_are_no_key_of_the_conversation_go_to_the_input(make_app):
    async with make_app(ScriptedModel(says("Hello."))).run_test() as pilot:
        chat = await answered(pilot)
        await pilot.click(chat.transcript, offset=(30, 1))
        assert chat.transcript.has_focus
        await pilot.press(*"Mojo k")
        assert chat.prompt.text == "Mojo k"
        assert isinstance(chat.focused, PromptArea)
        await leave(pilot)


async def test_keys_of_the_conversation_are_not_written(make_app):
    async with make_app(ScriptedModel(says("Hello."))).run_test() as pilot:
        chat = await answered(pilot)
        chat.action_read()
        await pilot.press(*"kjvxkq")
        assert chat.prompt.text == "" and chat.transcript.has_focus
        await leave(pilot)


async def test_what_is_selected_in_the_input_is_copied_once(make_app):
    async with make_app().run_test() as pilot:
        await live(pilot)
        chat = chat_of(pilot.app)
        chat.prompt.set_text("some words")
        chat.query_one(PromptArea).selection = Selection((0, 0), (0, 4))
        await pilot.press("ctrl+c")
        assert pilot.app.clipboard == "some" and not chat._quit_asked
        assert chat.prompt.text == "some words"
        await pilot.press("ctrl+c")
        assert chat._quit_asked
        await leave(pilot)
