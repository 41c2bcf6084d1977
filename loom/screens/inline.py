"""The chat screen in a few rows below the terminal's own scrollback."""

from collections.abc import Sequence

from textual.strip import Strip

from loom.screens.chat import ChatScreen
from loom.screens.start import Start
from loom.terminal.inline import InlineDriver
from loom.widgets.printed_list import PrintedList


class InlineScreen(ChatScreen):
    """Finished items are printed above it. What needs a whole screen says so."""

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.transcript = self._printed = PrintedList(self._print)
        self.add_class("-inline")

    def on_screen_suspend(self) -> None:
        """Something opens over it and needs room to be read."""
        self._stretch(is_tall=True)

    def on_screen_resume(self) -> None:
        """It is alone again."""
        self._stretch(is_tall=False)

    def leave(self) -> None:
        """As the base."""
        if isinstance(driver := self.app._driver, InlineDriver):
            driver.ask_no_more()
        super().leave()

    def ended(self) -> None:
        """Print what there is: there is no frame any more."""
        self._printed.print_rest()

    def _stretch(self, *, is_tall: bool) -> None:
        driver = self.app._driver
        if isinstance(driver, InlineDriver):
            driver.stretch(is_tall=is_tall)

    def _print(self, strips: Sequence[Strip]) -> None:
        driver, console = self.app._driver, self.app.console
        if isinstance(driver, InlineDriver):
            for line_filter in self.app.get_line_filters():
                strips = [
                    strip.apply_filter(line_filter, self.background_colors[1]) for strip in strips
                ]
            driver.print_above([strip.render(console) for strip in strips])

    def _needs_room(self, what: str) -> None:
        self.notify(f"{what} needs the full screen: leave, then loom resume without --inline.")

    async def action_find(self) -> None:
        """The terminal's own search finds what was printed."""
        self._needs_room("Find")

    def action_read(self) -> None:
        """The terminal's own selection copies what was printed."""
        self._needs_room("Copy mode")

    def action_go_to(self, number: str) -> None:
        """What was printed is the terminal's, which scrolls it."""
        self._needs_room("Going to a message")

    def action_previous_message(self) -> None:
        """As `action_go_to`."""
        self._needs_room("Going to a message")

    def action_next_message(self) -> None:
        """As `action_go_to`."""
        self._needs_room("Going to a message")

    async def action_threads(self) -> None:
        """There is no room for a list beside the conversation."""
        self._needs_room("The thread list")

    def action_tool_panel(self) -> None:
        """There is no room for a panel beside the conversation."""
        self._needs_room("The panel")

    def action_free_mouse(self) -> None:
        """The mouse was never taken."""
        self.notify("The mouse is the terminal's own in inline mode.")
