"""Items on the screen: drawn once a frame, only where they are seen."""

from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.selection import SELECT_ALL, Selection
from textual.strip import Strip
from textual.timer import Timer

from loom.markup.render import Renderer
from loom.widgets.scrollable import Scrollable
from loom.widgets.spinner import INTERVAL, STILL, frame_at, is_still
from loom.widgets.transcript.flow import GUTTER, Change, Flow
from loom.widgets.transcript.item import LEAST_DIFF_LINES, MOST_DIFF_LINES, Item, Page

FRAME = 1 / 30
"""Seconds between two paints of a stream, at least."""

_SHARE = 3
"""After a paint, this many times its length go by before the next: keys come first."""

_STILL_INTERVAL = 1.0
_NEWS = " ↓ new "


class FlowView(Scrollable):
    """A flow of items. Changes are gathered and drawn together, at most once a frame."""

    GUTTER: ClassVar[int] = GUTTER

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(follow=True, id=id)
        self._clock = clock
        self._flow = Flow()
        self._renderer: Renderer | None = None
        self._changed: dict[Item, None] = {}
        self._live: dict[Item, None] = {}
        self._flush_timer: Timer | None = None
        self._not_before = 0.0
        self._spinner: Timer | None = None
        self._second = 0
        self._is_arranging = False
        self._has_news = False
        self._was_extended = False

    @property
    def marked(self) -> Item | None:
        """The item that has the cursor in its gutter; a plain view has none."""
        return None

    @property
    def items(self) -> list[Item]:
        """The items, top to bottom."""
        return list(self._flow.items)

    @property
    def is_drawn(self) -> bool:
        """Whether nothing waits for the next frame."""
        return not self._changed

    def now(self) -> float:
        """Monotonic seconds."""
        return self._clock()

    def put(self, item: Item) -> None:
        """Add an item at the end."""
        self._flow.append(item)
        self._was_extended = True
        self.changed(item)

    def changed(self, item: Item) -> None:
        """Draw an item again, with the next frame."""
        self._changed[item] = None
        self._schedule()

    def take_off(self, items: Iterable[Item]) -> None:
        """Remove items."""
        gone = list(items)
        if not gone:
            return
        for item in gone:
            self._changed.pop(item, None)
            self._live.pop(item, None)
        self._flow.remove(gone)
        self._arrange()
        self.refresh()

    def empty(self) -> None:
        """Remove every item; the view follows the end again."""
        self._changed.clear()
        self._live.clear()
        self._flow.replace(())
        self._follows = True
        self._arrange()
        self.refresh()

    def strips(self, first: int, count: int) -> Iterator[Strip]:
        """Lines of the items in view."""
        return self._flow.strips(first, count, self.marked)

    def dressed(self, row: int, strip: Strip) -> Strip:
        """The last row says when there is more below that was not seen."""
        if not self._has_news or row != self.size.height - 1 or strip.cell_length < len(_NEWS):
            return strip
        mark = Segment(_NEWS, self.inks("text", "mark"))
        room = strip.crop(0, strip.cell_length - len(_NEWS))
        return Strip([*room, mark], strip.cell_length)

    def flush(self) -> None:
        """Draw what changed since the last frame, now."""
        self._stop_flush()
        if not self.is_attached or not self.size:
            return
        began = self._clock()
        self._turn()
        changed = list(self._changed)
        self._changed.clear()
        self._draw(changed)
        self._watch_time(changed)
        ended = self._clock()
        self._not_before = ended + max(FRAME, _SHARE * (ended - began))

    def ink_changed(self) -> None:
        """Everything is drawn in the new inks."""
        self._renderer = None
        self._turn()

    def on_resize(self) -> None:
        """Keeps what is being read at the top, or the end."""
        if not self.size:
            return
        index = self._flow.at(self.top)
        if index is None or self.follows:
            self._turn()
        else:
            part = (self.top - self._flow.top(index)) / (self._flow.height_of(index) or 1)
            self._turn()
            self._flow.measure(index)
            self.set_height(self._flow.height)
            self.go_to(self._flow.top(index) + round(part * self._flow.height_of(index)))
        self._arrange()
        self.flush()

    def on_unmount(self) -> None:
        """Timers end with the widget."""
        self._stop_flush()
        self._stop_spinner()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Renders what came into view; lines above it that turn out taller push nothing away."""
        super().watch_scroll_y(old_value, new_value)
        is_near = 0 < old_value - new_value <= self.size.height
        self._arrange(round(old_value) if is_near else None)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected lines; of everything, each item's own text rather than its lines."""
        if selection == SELECT_ALL:
            return "\n\n".join(item.text for item in self._flow.items), "\n"
        return super().get_selection(selection)

    @property
    def _page_width(self) -> int:
        return max(1, self.text_width - GUTTER)

    def _turn(self) -> None:
        """Give the flow the present page."""
        if self._renderer is None:
            self._renderer = Renderer(self.inks)
        now = self._clock()
        frame = STILL if is_still(self.app) else frame_at(now)
        self._flow.turn(Page(self._page_width, self._renderer, now, frame, self._diff_lines))

    @property
    def _diff_lines(self) -> int:
        """Of a folded diff, half a screen at most: the screen's height, for the view's changes
        with the input."""
        return max(LEAST_DIFF_LINES, min(MOST_DIFF_LINES, self.app.size.height // 2))

    def _schedule(self) -> None:
        if self._flush_timer is None and self.is_attached:
            delay = max(0.001, self._not_before - self._clock())
            self._flush_timer = self.set_timer(delay, self.flush)

    def _stop_flush(self) -> None:
        if self._flush_timer is not None:
            self._flush_timer.stop()
            self._flush_timer = None

    def _draw(self, items: Iterable[Item]) -> None:
        """Render changed items where they are seen; elsewhere only their height is reckoned."""
        begin, end = self.top, self.top + self.size.height
        shift, height = 0, self._flow.height
        for item in items:
            index = self._flow.place(item)
            if index is None:
                continue
            top, bottom = self._flow.top(index) - shift, self._flow.bottom(index) - shift
            if top < end and bottom > begin:
                self._refresh_change(self._flow.measure(index))
            else:
                growth = self._flow.guess_again(index)
                shift += growth if bottom <= begin else 0
        if shift:
            self._shift(shift)
        self._arrange()
        self._tell_news(has_grown=self._flow.height > height + shift)

    def _note_anchor(self) -> None:
        super()._note_anchor()
        if self.follows and self._has_news:
            self._has_news = False
            self.refresh()

    def _tell_news(self, *, has_grown: bool) -> None:
        is_new = (has_grown or self._was_extended) and not self.follows
        self._was_extended = False
        if is_new and not self._has_news:
            self._has_news = True
            self.refresh_lines(self.top + self.size.height - 1)

    def _is_on_news(self, event: events.Click) -> bool:
        is_last = event.y == self.size.height - 1
        return self._has_news and is_last and event.x >= self.text_width - len(_NEWS)

    def _refresh_change(self, change: Change) -> None:
        """Draw what changed: all below too, if that moved."""
        end = self.top + self.size.height
        first, last = max(change.first, self.top), end if change.growth else min(change.last, end)
        if last > first:
            self.refresh_lines(first, last - first)

    def _arrange(self, anchor: int | None = None) -> None:
        """Make heights in view exact and the scroll position fit them.

        Args:
            anchor: a line that was in view before; what grows above it shifts the view along.
        """
        if self._is_arranging or not self.is_attached or not self.size:
            return
        self._is_arranging = True
        try:
            self.set_height(self._flow.height)
            while (index := self._flow.first_guess(self.top, self.size.height)) is not None:
                bottom = self._flow.bottom(index)
                change = self._flow.measure(index)
                growth = change.growth
                self.set_height(self._flow.height)
                self._refresh_change(change)
                if growth and anchor is not None and bottom <= anchor:
                    anchor += growth
                    self._shift(growth)
            self._flow.trim()
        finally:
            self._is_arranging = False

    def _shift(self, growth: int) -> None:
        """What is above the view grew: move along, so that the view stays on its text."""
        self.set_height(self._flow.height)
        if not self.follows:
            self.go_to(self.scroll_y + growth)

    def _watch_time(self, changed: Iterable[Item]) -> None:
        """Run the spinner's timer while an item is at work, and only then."""
        for item in changed:
            self._live.pop(item, None)
            if item.is_live:
                self._live[item] = None
        if self._live and self._spinner is None:
            interval = _STILL_INTERVAL if is_still(self.app) else INTERVAL
            self._spinner = self.set_interval(interval, self._tick)
        elif not self._live:
            self._stop_spinner()

    def _stop_spinner(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None

    def _tick(self) -> None:
        """Time passed: the items at work look different, once a second where nobody looks."""
        second = int(self._clock())
        if second == self._second and not self.app.app_focus:
            return
        self._second = second
        for item in self._live:
            self.changed(item)
        if not self._changed:
            self._stop_spinner()
