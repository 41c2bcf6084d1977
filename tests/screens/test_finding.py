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


def told(app) -> str:
    return "\n".join(notification.message for notification in app._notifications)


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
        await counted(pilot, "6 of 6")
        assert view.follows
        await pilot.press("enter")
        await counted(pilot, "1 of 6")
        assert not view.follows
        await pilot.press("up", "up")
        await counted(pilot, "5 of 6")
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


async def test_the_conversation_goes_on_to_hits_when_the_bar_is_left(long_app):
    async with long_app.run_test() as pilot:
        view = await with_answer(pilot)
        await pilot.press("ctrl+up", "n")
        assert "Ctrl+F finds" in told(pilot.app)
        await pilot.press("ctrl+f", *"needle")
        await counted(pilot, "6 of 6")
        await pilot.press("escape", "n")
        await counted(pilot, "1 of 6")
        assert view.has_focus and view._search is not None
        await pilot.press("N", "N")
        await counted(pilot, "5 of 6")
        await pilot.press("escape")
        assert view.has_focus and view._search is None and not view.follows
        await pilot.press("escape")
        assert not view.has_focus
        await leave(pilot)


async def test_the_hit_that_is_gone_to_looks_different_and_not_by_colour_alone(long_app):
    async with long_app.run_test() as pilot:
        view = await with_answer(pilot)
        await pilot.press("ctrl+f", *"needle")
        await counted(pilot, "6 of 6")
        for count in ("1 of 6", "2 of 6"):
            await pilot.press("enter")
            await counted(pilot, count)
            strips = view.render_lines(view.size.region)
            marked = [text for strip in strips for text, ink, _ in strip if ink and ink.underline]
            assert [text.lower() for text in marked] == ["needle"]
        await leave(pilot)


async def test_the_nearest_line_is_gone_to_first_and_not_the_message(long_app):
    async with long_app.run_test() as pilot:
        view = await with_answer(pilot)
        top = next(y for y, strip in enumerate(view.strips(0, 200)) if "line 33" in strip.text)
        view.go_to(top)
        # Nothing in view has it; above it is nearer by lines than below.
        await pilot.press("ctrl+f", *"line 3")
        await counted(pilot, "5 of 11")
        await pilot.press(*"1")
        await counted(pilot, "1 of 1")
        await pilot.press("escape")
        assert view.top == top
        await leave(pilot)


async def test_the_count_is_renewed_while_an_answer_streams(long_app):
    async with long_app.run_test() as pilot:
        view = await with_answer(pilot)
        await pilot.press("ctrl+f", *"needle", "enter")
        await counted(pilot, "1 of 6")
        place = view.top
        view.begin_stream()
        view.stream_text("a nee")
        view.stream_text("dle, and ")
        await counted(pilot, "1 of 7")
        view.stream_text("another Needle")
        await counted(pilot, "1 of 8")
        assert view.top == place
        view.discard_stream()
        await counted(pilot, "1 of 6")
        await leave(pilot)


async def test_what_was_not_found_is_told_when_it_comes(long_app):
    async with long_app.run_test() as pilot:
        view = await with_answer(pilot)
        await pilot.press("ctrl+f", *"pin")
        await counted(pilot, "nothing found")
        view.begin_stream()
        view.stream_text("a pin")
        await counted(pilot, "1 found")
        await pilot.press("enter")
        await counted(pilot, "1 of 1")
        await leave(pilot)


async def test_a_hit_that_a_line_end_splits_is_marked_on_both_lines(make_app):
    words = "word " * 14 + "needle in the hay"
    async with make_app(ScriptedModel(says(words))).run_test(size=(80, 24)) as pilot:
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: "needle" in shown(pilot.app))
        await at_rest(pilot)
        await pilot.press("ctrl+f", *"needle in the hay")
        await counted(pilot, "1 of 1")
        view = chat_of(pilot.app).transcript
        style = view.inks("hit").bgcolor
        marked = [
            "".join(text for text, ink, _ in strip if ink and ink.bgcolor == style)
            for strip in view.render_lines(view.size.region)
        ]
        assert [text for text in marked if text] == ["needle", "in the hay"]
        await leave(pilot)


async def test_the_bar_is_there_only_once(make_app):
    async with make_app().run_test() as pilot:
        await live(pilot)
        await pilot.press("ctrl+f", "escape", "ctrl+f")
        assert len(pilot.app.screen.query(Finding)) == 1
        await leave(pilot)
