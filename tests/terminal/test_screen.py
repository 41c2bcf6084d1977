"""A new size is painted when every widget in view knows it, and not much later."""

import asyncio

from textual import events
from textual.app import App
from textual.geometry import Size
from textual.widget import Widget

from loom.terminal.screen import CalmScreen


class Named(Widget):
    """Shows the width it was last told of."""

    DEFAULT_CSS = "Named { height: 3; }"

    def __init__(self, held=None):
        super().__init__()
        self.held = held
        self.told = 0

    def render(self):
        return f"width {self.told}"

    async def on_resize(self, event):
        if self.held and self.told:
            await self.held.wait()
        self.told = event.size.width
        self.refresh()


class TwoWidgets(CalmScreen):
    def __init__(self, held=None):
        super().__init__()
        self.widgets = Named(), Named(held)

    def compose(self):
        yield from self.widgets


class Sized(App[None]):
    """Keeps what is on the screen after each paint."""

    def __init__(self, held=None):
        super().__init__()
        self.held = held
        self.painted = []

    def get_default_screen(self):
        return TwoWidgets(self.held)

    def _display(self, screen, renderable):
        super()._display(screen, renderable)
        if renderable is not None and screen.children:
            lines = screen._compositor.render_strips()
            self.painted.append(
                (screen._compositor.size.width, [lines[0].text.strip(), lines[3].text.strip()])
            )


async def paints_of(app, width):
    """What was painted at a width, until both widgets have said it."""
    async with asyncio.timeout(10):
        while not any(w == width for w, _ in app.painted):
            await asyncio.sleep(0.005)
    return [lines for w, lines in app.painted if w == width]


async def test_nothing_is_painted_from_lines_of_the_old_size():
    app = Sized()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.resize_terminal(70, 10)
        for lines in await paints_of(app, 70):
            assert lines == ["width 70", "width 70"]


async def test_a_widget_that_takes_long_does_not_hold_the_others_up():
    held = asyncio.Event()
    app = Sized(held)
    async with app.run_test(size=(40, 10)):
        app.post_message(events.Resize(Size(70, 10), Size(70, 10)))
        assert (await paints_of(app, 70))[0] == ["width 70", "width 40"]
        held.set()
