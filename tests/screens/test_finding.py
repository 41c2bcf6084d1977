"""Finding in a conversation of the real app."""

import pytest

from loom.screens.finding import Finding
from loom.widgets.find_bar import FindBar
from tests.fakes.model import ScriptedModel, says
from tests.screens.test_chat import at_rest, chat_of, leave, live, shown, until

LINES = [f"line {number} " + ("Needle" if number % 10 == 0 else "hay") for number in range(60)]


@pytest.fixture
def long_app(make_app):
    """A model whose answer is higher than the screen, with a needle in every tenth paragraph."""
    return make_app(ScriptedModel(says("\n\n".join(LINES))))


async def with_answer(pilot):
    await pilot.press(*"hi", "enter")
    view = chat_of(pilot.app).transcript
    await until(pilot, lambda: "line 59" in shown(pilot.app))
    await at_rest(pilot)
    view.flush()
    await pilot.pause()
    return view


async def counted(pilot, count: str):
    await until(pilot, lambda: pilot.app.screen.query_one(FindBar).count == count)


async def test_the_next_hit_and_the_one_before_are_gone_to(long_app):
    async with long_app.run_test() as pilot:
        view = await with_answer(pilot)
        await pilot.press("ctrl+f", *"needle")
        await counted(pilot, "1 of 6")
        assert not view.follows
        await pilot.press("enter")
        await counted(pilot, "2 of 6")
        await pilot.press("up", "up")
        await counted(pilot, "6 of 6")
        await leave(pilot)


async def test_capitals_matter_where_one_types_some(long_app):
    async with long_app.run_test() as pilot:
        await with_answer(pilot)
        await pilot.press("ctrl+f", *"NEEDLE")
        await counted(pilot, "nothing found")
        await leave(pilot)


async def test_escape_goes_back_to_where_one_was(long_app):
    async with long_app.run_test() as pilot:
        view = await with_answer(pilot)
        await pilot.press("ctrl+f", *"line 3 ")
        await counted(pilot, "1 of 1")
        assert not view.follows
        await pilot.press("escape")
        assert view.follows
        await leave(pilot)


async def test_escape_after_going_on_to_a_hit_stays_there(long_app):
    async with long_app.run_test() as pilot:
        view = await with_answer(pilot)
        await pilot.press("ctrl+f", *"line 3 ", "enter")
        await counted(pilot, "1 of 1")
        await pilot.press("escape")
        assert not view.follows
        await leave(pilot)


async def test_a_hit_in_folded_output_opens_it(make_app, workspace):
    (workspace / "long.txt").write_text("".join(f"row {number}\n" for number in range(100)))
    async with make_app().run_test() as pilot:
        await live(pilot)
        await pilot.press(*"!cat long.txt", "enter")
        view = chat_of(pilot.app).transcript
        await until(pilot, lambda: any("row 99" in item.text for item in view._flow.items))
        await pilot.press("ctrl+f", *"row 7")
        await until(pilot, lambda: any(item.is_open for item in view._flow.items))
        await leave(pilot)


async def test_the_bar_is_there_only_once(make_app):
    async with make_app().run_test() as pilot:
        await live(pilot)
        await pilot.press("ctrl+f", "escape", "ctrl+f")
        assert len(pilot.app.screen.query(Finding)) == 1
        await leave(pilot)
