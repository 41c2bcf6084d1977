"""Guessed heights made exact while nobody waits for anything."""

from collections.abc import Callable

from textual.timer import Timer

from loom.widgets.transcript.view import FlowView

_REST = 0.25
"""Seconds without a change or a scroll before the first slice, and between two slices."""

_SLICE = 0.004
"""Seconds that a slice may take; an item that was begun is finished."""

_REACH = 150
"""Items before and after the view whose heights are refined: where one may scroll next."""

_LARGEST = 400
"""Lines, as guessed, of an item that is rendered for its height alone."""


class RefinedView(FlowView):
    """Renders items beyond the view for their heights, a few at a time; what is read never moves.

    The timer runs only while there is something left to refine.
    """

    def __init__(self, *, clock: Callable[[], float], id: str | None = None) -> None:  # noqa: A002
        super().__init__(clock=clock, id=id)
        self._rest: Timer | None = None
        self._touched_at = 0.0

    @property
    def is_refining(self) -> bool:
        """Whether there is something left to do."""
        return self._rest is not None

    def flush(self) -> None:
        """Draws what changed; refining waits."""
        super().flush()
        self._touched_at = self.now()
        self._await_rest()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Shows what came into view; refining goes on from there."""
        super().watch_scroll_y(old_value, new_value)
        self._await_rest()

    def on_unmount(self) -> None:
        """The timer ends with the widget."""
        self._stop_rest()

    def refine(self) -> None:
        """One slice: heights nearest the view become exact, lines are not kept."""
        self._stop_rest()
        if self.is_drawn and self.size and self.now() - self._touched_at >= _REST:
            ends = self.now() + _SLICE
            while self.now() < ends and (index := self._next_guess()) is not None:
                self._weigh(index)
        self._await_rest()

    def _weigh(self, index: int) -> None:
        is_above = self._flow.bottom(index) <= self.top
        growth = self._flow.weigh(index)
        self.set_height(self._flow.height)
        if growth and is_above:
            self._shift(growth)

    def _next_guess(self) -> int | None:
        return self._flow.nearest_guess(self.top, self.size.height, _REACH, _LARGEST)

    def _await_rest(self) -> None:
        is_shown = self.is_attached and bool(self.size)
        if self._rest is None and is_shown and self._next_guess() is not None:
            self._rest = self.set_timer(_REST, self.refine)

    def _stop_rest(self) -> None:
        if self._rest is not None:
            self._rest.stop()
            self._rest = None
