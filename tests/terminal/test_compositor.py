"""Only widgets that are to be painted are rendered, and what is painted is the same."""

from rich.segment import Segment
from textual.app import App
from textual.containers import Horizontal
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from loom.terminal.compositor import FrugalCompositor


class Lines(Widget):
    """Says which of its lines were rendered."""

    def __init__(self, sign: str, **options):
        super().__init__(**options)
        self.sign = sign
        self.rendered = []

    def render_line(self, y):
        self.rendered.append(y)
        return Strip([Segment(self.sign * self.size.width)])


class Frugal(Screen):
    CSS = "Lines { height: 1fr; } #right { width: 9; } #bar { dock: bottom; height: 1; }"

    def __init__(self):
        super().__init__()
        self._compositor = FrugalCompositor()

    def compose(self):
        with Horizontal():
            yield Lines("a", id="left")
            yield Lines("b", id="right")
        yield Lines("c", id="bar")


class Desk(App):
    def get_default_screen(self):
        return Frugal()


async def test_what_lies_between_two_changes_is_not_rendered():
    app = Desk()
    async with app.run_test() as pilot:
        left, right, bar = (app.screen.query_one(f"#{name}", Lines) for name in names())
        await pilot.pause()
        for widget in (left, right, bar):
            widget.rendered.clear()
        bar.refresh()
        left.refresh(Region(0, 0, left.size.width, 1))
        await pilot.pause()
        assert (left.rendered, right.rendered) == ([0], [])


async def test_a_partial_update_has_the_strips_of_a_full_one():
    app = Desk()
    async with app.run_test() as pilot:
        await pilot.pause()
        compositor = app.screen._compositor
        compositor._dirty_regions = {compositor.size.region.shrink((3, 7, 0, 5))}
        update = compositor.render_partial_update()
        whole = [[*strips] for strips in compositor.render_full_update().strips]
        assert update is not None
        for y, first, last in update.spans:
            for x, strip in update.chops[y].items():
                if strip is not None and x < last and x + strip.cell_length > first:
                    column = [*update.chops[y]].index(x)
                    assert strip == whole[y][column]


def names():
    return ("left", "right", "bar")
