"""An app that is calm on its terminal: what it paints, when, and where the cursor stands."""

from math import inf
from time import monotonic
from typing import Any

from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Offset, Region
from textual.reactive import Reactive
from textual.screen import Screen

from loom.markup.order import IS_LOGICAL
from loom.terminal.driver import LoomDriver
from loom.terminal.key_order import KeyOrder
from loom.terminal.order import Order
from loom.terminal.painter import regions

CARET = "-caret"
"""Class of the app while the terminal's own cursor stands at the caret: none is drawn."""

MORE_SIZES_SECONDS = 0.05
"""A size that follows another within this time may be followed by more: a window is dragged."""


class TerminalApp(App[None]):
    """Paints only what changed, and nothing while the terminal is slow; keys go on being taken."""

    # Textual's would paint everything again whenever the terminal gets the focus or loses it.
    app_focus = Reactive(True, compute=False, repaint=False)

    def __init__(self, order: Order = Order.VISUAL, **options: Any) -> None:
        super().__init__(**options)
        self.text_order = order
        IS_LOGICAL.set(order is Order.LOGICAL)
        self._missed: set[Region] = set()
        self._resized_at = -inf
        self._key_order = KeyOrder(self, super().on_event)

    async def on_event(self, event: events.Event) -> None:
        """What is typed is dealt with one after the other."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._key_order.take(event)
        else:
            await super().on_event(event)

    def get_driver_class(self) -> type[Driver]:
        """Loom's driver, unless the environment names another: a browser's."""
        chosen = super().get_driver_class()
        return LoomDriver if chosen is LinuxDriver else chosen

    def hung_up(self) -> None:
        """The terminal is gone: leave as on a key. A subclass may close what is open first."""
        self.exit()

    def paint_missed(self) -> None:
        """The terminal takes frames again: show what changed since the last one it took."""
        if self._missed and self._running and self._screen_stack:
            missed, self._missed = self._missed, set()
            self.screen._compositor._dirty_regions |= missed
            self.screen._compositor_refresh()

    def paint_again(self) -> None:
        """Paint everything: the terminal shows something else by now."""
        if isinstance(self._driver, LoomDriver):
            self._driver.forget()
        self.refresh(layout=True)

    def action_redraw(self) -> None:
        """For when another program has written over the screen."""
        self.paint_again()

    @property
    def caret(self) -> Offset | None:
        """Where the next letter goes, in screen cells; None when nothing takes text."""
        focused = self.screen.focused if self._screen_stack else None
        place = getattr(focused, "cursor_screen_offset", None)
        is_seen = isinstance(place, Offset) and self.size.region.contains_point(place)
        return place if is_seen else None

    def _build_driver(
        self, headless: bool, inline: bool, mouse: bool, size: tuple[int, int] | None
    ) -> Driver:
        driver = super()._build_driver(headless, inline, mouse, size)
        self.set_class(isinstance(driver, LoomDriver), CARET)
        if isinstance(driver, LoomDriver) and self.console.color_system == "standard":
            from loom.terminal.few_colours import FewColours

            self._filters.append(FewColours())
        return driver

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        driver = self._driver
        if not (isinstance(driver, LoomDriver) and isinstance(renderable, CompositorUpdate)):
            super()._display(screen, renderable)
        elif self._running and not self._closed and not self._batch_count:
            self._show(driver, renderable)
            self.post_display_hook()

    def _show(self, driver: LoomDriver, update: CompositorUpdate) -> None:
        if driver.is_ready:
            driver.show(update, self.console, self.caret, is_sync=self._sync_available)
        else:
            self._missed.update(regions(update))

    async def _on_resize(self, event: events.Resize) -> None:
        """Before Textual's, which lets 8 ms pass: that is only good while more sizes come."""
        now = monotonic()
        if now - self._resized_at > MORE_SIZES_SECONDS:
            self.call_next(self._check_resize)
        self._resized_at = now

    def _watch_app_focus(self, focus: bool) -> None:
        """In place of Textual's, which restyles the tree and takes the focus from the input."""
