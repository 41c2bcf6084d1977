"""Lines on demand, and a view that follows the end until one scrolls up."""

import pytest
from rich.segment import Segment
from textual.app import App
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from loom.widgets.scrollable import Scrollable


class Numbers(Scrollable):
    """Numbered lines; remembers which were asked for."""

    GUTTER = 2

    def __init__(self, count, **options):
        super().__init__(**options)
        self.count = count
        self.asked = set()

    def on_mount(self):
        self.set_height(self.count)

    def strips(self, first, count):
        for y in range(first, min(first + count, self.count)):
            self.asked.add(y)
            text = Segment(f"line {y}", self.inks("text"))
            yield Strip([Segment("| "), text]).adjust_cell_length(self.text_width)


class NumbersApp(App[None]):
    def __init__(self, numbers):
        super().__init__()
        self.numbers = numbers
        self.anchored = []

    def compose(self):
        yield self.numbers

    def on_scrollable_anchored(self, event):
        self.anchored.append(event.is_anchored)


def shown(app):
    strips = app.screen._compositor.render_strips()
    return [strip.text[2:].split("  ")[0].strip() for strip in strips]


@pytest.fixture
async def pilot():
    async with NumbersApp(Numbers(1_000, follow=True)).run_test(size=(40, 10)) as pilot:
        pilot.app.numbers.focus()
        await pilot.pause()
        yield pilot


async def test_a_following_view_begins_at_the_end(pilot):
    assert shown(pilot.app)[-1] == "line 999"


async def test_only_lines_in_view_are_asked_for(pilot):
    assert pilot.app.numbers.asked <= set(range(980, 1_000)) | set(range(10))


async def test_new_lines_are_followed(pilot):
    pilot.app.numbers.count = 1_005
    pilot.app.numbers.set_height(1_005)
    await pilot.pause()
    assert shown(pilot.app)[-1] == "line 1004"


async def test_scrolling_up_lets_go_of_the_end(pilot):
    await pilot.press("up")
    pilot.app.numbers.count = 1_005
    pilot.app.numbers.set_height(1_005)
    await pilot.pause()
    assert shown(pilot.app)[-1] == "line 998"
    assert pilot.app.anchored == [False]


async def test_the_end_key_takes_hold_again(pilot):
    await pilot.press("pageup", "end")
    assert pilot.app.numbers.follows
    assert pilot.app.anchored == [False, True]


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        (["home"], 0),
        (["home", "down", "down"], 2),
        (["home", "pagedown"], 8),
        (["home", "pagedown", "pageup"], 0),
        (["up"], 989),
    ],
)
async def test_keys_scroll_at_once(pilot, keys, first):
    await pilot.press(*keys)
    await pilot.pause()
    assert shown(pilot.app)[0] == f"line {first}"


async def test_the_wheel_scrolls(pilot):
    pilot.app.numbers._scroll_up_for_pointer(animate=False)
    await pilot.pause()
    assert not pilot.app.numbers.follows


async def test_fewer_lines_bring_the_view_back(pilot):
    await pilot.press("up")
    pilot.app.numbers.count = 5
    pilot.app.numbers.set_height(5)
    await pilot.pause()
    assert shown(pilot.app)[:5] == [f"line {y}" for y in range(5)]


async def test_a_change_of_height_lays_nothing_out(pilot):
    before = pilot.app.numbers._layout_updates
    pilot.app.numbers.set_height(2_000)
    assert pilot.app.numbers._layout_updates == before


async def test_a_smaller_screen_stays_at_the_end(pilot):
    await pilot.resize_terminal(30, 5)
    await pilot.pause()
    assert shown(pilot.app)[-1] == "line 999"


async def test_selected_text_is_without_the_gutter(pilot):
    selection = Selection(Offset(4, 7), Offset(8, 9))
    assert pilot.app.numbers.get_selection(selection) == ("ne 7\nline 8\nline 9", "\n")


async def test_a_mouse_drag_selects(pilot):
    await pilot.press("home")
    await pilot.mouse_down(Numbers, offset=(2, 1))
    await pilot.hover(Numbers, offset=(8, 2))
    await pilot.mouse_up(Numbers, offset=(8, 2))
    assert pilot.app.screen.get_selected_text() == "line 1\nline 2"


async def test_another_theme_repaints_in_its_colours(pilot):
    before = pilot.app.numbers.inks("text").color
    pilot.app.theme = "textual-light"
    await pilot.pause()
    assert pilot.app.numbers.inks("text").color != before
