"""What tells a status, and what moves."""

import pytest

from loom.widgets.picker_modal import PickerModal
from loom.widgets.tool_panel import ICONS, TODO_ICONS
from loom.widgets.transcript import notice, tool
from tests.screens.test_chat import chat_of, leave, live, until
from tests.screens.test_pictures import seed_demo, settled


@pytest.mark.parametrize(
    "signs",
    [
        list(ICONS.values()),
        list(TODO_ICONS.values()),
        [sign for sign, _ in notice._SIGNS.values()],
        [sign or "spinner" for status, (sign, _) in tool._SIGNS.items() if status != "writing"],
    ],
    ids=["calls", "plan", "notices", "cards"],
)
def test_every_status_has_a_sign_or_word_of_its_own(signs: list[str]) -> None:
    assert all(signs) and len(set(signs)) == len(signs)


async def test_without_colours_what_is_under_the_cursor_is_underlined(make_app, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app()
    async with app.run_test() as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, PickerModal))
        menu = app.screen._list
        await until(pilot, lambda: menu.size.height)
        first, second = (menu.render_line(y) for y in (0, 1))
        assert any(segment.style.underline for segment in first)
        assert not any(segment.style.underline for segment in second)


async def test_no_caret_blinks(make_app):
    async with make_app().run_test(size=(160, 40)) as pilot:
        await live(pilot)
        await pilot.press("ctrl+t", "ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickerModal))
        widgets = [*pilot.app.screen.walk_children(), *chat_of(pilot.app).walk_children()]
        carets = [widget for widget in widgets if hasattr(widget, "cursor_blink")]
        assert len(carets) >= 3 and not any(widget.cursor_blink for widget in carets)
        await leave(pilot)


async def test_with_reduced_motion_scrolling_arrives_at_once(make_app):
    app = make_app(seed=seed_demo, resume="T-0190", reduced_motion=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        transcript = chat_of(app).transcript
        assert app.animation_level == "none"
        before = transcript.scroll_y
        transcript.action_scroll_pages(-1)
        assert transcript.scroll_y == transcript.scroll_target_y < before
        await leave(pilot)
