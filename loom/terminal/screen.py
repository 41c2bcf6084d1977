"""A screen that paints changes at once, and a new size in one frame."""

from functools import partial

from textual.geometry import Size
from textual.screen import Screen
from textual.timer import Timer

from loom.terminal.compositor import FrugalCompositor

PAINT_SECONDS = 1 / 250
"""Seconds between two paints, at least."""

FIT_SECONDS = 0.1
"""What has not fitted itself to a new size by then is painted as it stands."""


class CalmScreen(Screen[None]):
    """Paints what changed, when it changed; after a resize, when every widget knows its new size.

    Textual paints a resized screen as soon as it is laid out, from lines that were made for the
    old width, and once more for each widget that then makes its lines anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = FrugalCompositor()
        self._paint_timer: Timer | None = None
        self._fit_timer: Timer | None = None
        self._unfitted = 0
        self._fit_number = 0

    @property
    def _update_timer(self) -> Timer:
        """When changes are painted: at once, in place of Textual's sixty times a second.

        The conversation keeps to a rate of its own, and a key must not wait for the next frame.
        """
        if self._paint_timer is None:
            self._paint_timer = self.set_interval(
                PAINT_SECONDS, self._on_timer_update, name="paint", pause=True
            )
        return self._paint_timer

    def _screen_resized(self, size: Size) -> None:
        """Lay out now, and paint when the widgets in view have seen to their new sizes."""
        if not (self.is_current and self.stack_updates):
            super()._screen_resized(size)
            return
        self._unfitted = 1
        self._fit_number += 1
        super()._screen_resized(size)
        widgets = [*self._compositor.visible_widgets]
        self._unfitted = len(widgets)
        self._stop_fit_timer()
        self._fit_timer = self.set_timer(FIT_SECONDS, self._all_fitted)
        for widget in widgets:
            # After what its size has it do, and after it has told the screen what that changes.
            widget.call_next(partial(self._fitted, self._fit_number))

    def _compositor_refresh(self) -> None:
        if not self._unfitted:
            super()._compositor_refresh()

    def _fitted(self, number: int) -> None:
        """One more widget is ready for the size with this number."""
        if number != self._fit_number or not self._unfitted:
            return
        if self._unfitted > 1:
            self._unfitted -= 1
        else:
            self.call_next(self._all_fitted)

    def _all_fitted(self) -> None:
        self._stop_fit_timer()
        if self._unfitted:
            self._unfitted = 0
            self._on_timer_update()
            self._compositor_refresh()

    def _stop_fit_timer(self) -> None:
        if self._fit_timer is not None:
            self._fit_timer.stop()
            self._fit_timer = None
