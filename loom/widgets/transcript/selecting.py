"""A selection across items that stays on its text, made with the mouse."""

from collections.abc import Callable

from textual import events
from textual.geometry import Offset
from textual.selection import Selection
from textual.timer import Timer

from loom.widgets.transcript.cursor import ItemView
from loom.widgets.transcript.flow import GUTTER
from loom.widgets.transcript.item import Item
from loom.widgets.transcript.spots import Span, Spot, Spots

_SCROLL_SECONDS = 0.05


class SelectView(ItemView):
    """Items of which a stretch can be selected: by dragging, over the edges too; a word by a
    double click, an item by a third.

    The screen knows that there is a selection, as of every widget; where it is now is known here.
    """

    ALLOW_SELECT = False  # Textual's own counts lines from the top, which move

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(clock=clock, id=id)
        self._spots = Spots(self._flow)
        self._anchor: Spot | None = None
        self._head: Spot | None = None
        self._by_lines = False
        self._weights: list[tuple[Item, int]] = []
        self._weighed_at = 0
        self._is_pressed = False
        self._pointer = Offset(0, 0)
        self._edge_timer: Timer | None = None

    @property
    def span(self) -> Span | None:
        """What is selected, both ends included; None when that is nothing."""
        self._settle()
        if self._anchor is None or self._head is None:
            return None
        if not (self._spots.is_there(self._anchor) and self._spots.is_there(self._head)):
            return None
        start, end = sorted((self._anchor, self._head), key=self._spots.place)
        if self._by_lines:
            return start._replace(column=0), end._replace(column=len(self._spots.text(end)))
        return start, end._replace(column=end.column + 1)

    @property
    def text_selection(self) -> Selection | None:
        """The selection in lines of the flow as they are now."""
        span = self.span
        if span is None:
            return None
        start, end = span
        return Selection(
            Offset(GUTTER + start.column, self._spots.line_of(start)),
            Offset(GUTTER + end.column, self._spots.line_of(end)),
        )

    def selected_text(self, *, as_markdown: bool = False) -> str:
        """What is selected, as it reads or as its markdown."""
        span = self.span
        return self._spots.copied(span, as_markdown=as_markdown) if span else ""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What is selected here, for the screen."""
        return (self.selected_text(), "\n") if self.span else super().get_selection(selection)

    def selection_updated(self, selection: Selection | None) -> None:
        """The screen dropped the selection, or took notice of it."""
        if selection is None and not self._is_pressed:
            self._anchor = self._head = None
        self.refresh()

    def select(self, anchor: Spot | None, head: Spot | None, *, by_lines: bool = False) -> None:
        """Select from one character to another, or nothing."""
        self._weights = []
        self._anchor, self._head, self._by_lines = anchor, head, by_lines
        now = self.text_selection
        self.screen.selections = {self: now} if now else {}
        self.refresh()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A selection may begin here."""
        if event.button == 1 and not event.ctrl:
            self.select(self._spot_at(event.offset), None)
            self._is_pressed = self._anchor is not None
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The selection reaches to the mouse; beyond an edge the view moves along."""
        if not self._is_pressed:
            return
        self._pointer = event.offset
        head = self._spot_at(event.offset)
        if self._head is not None or head != self._anchor:
            self.select(self._anchor, head)
        is_outside = not 0 <= event.y < self.size.height
        if is_outside and self._edge_timer is None:
            self._edge_timer = self.set_interval(_SCROLL_SECONDS, self._scroll_on)
        elif not is_outside:
            self._stop_scrolling()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """What is selected stays so."""
        if self._is_pressed:
            self._is_pressed = False
            self._stop_scrolling()
            self.release_mouse()
            self._note_anchor()

    def on_click(self, event: events.Click) -> None:
        """A double click selects a word, the third one its item."""
        spot = self._spot_at(event.offset)
        if spot is None or event.chain not in (2, 3):
            return
        if event.chain == 2:
            start, end = word_at(self._spots.text(spot), spot.column)
            if end > start:
                self.select(spot._replace(column=start), spot._replace(column=end - 1))
        else:
            start_spot, end_spot = self._spots.whole(spot.item)
            self.select(start_spot, end_spot, by_lines=True)

    def on_resize(self) -> None:
        """Lines break elsewhere: the selection is on the same words of them."""
        self._settle()
        ends = [spot for spot in (self._anchor, self._head) if spot is not None]
        if ends and all(map(self._spots.is_there, ends)):
            self._weights = [(spot.item, self._spots.weight(spot)) for spot in ends]
            self._weighed_at = self._flow.width

    def on_unmount(self) -> None:
        """The timer ends with the widget."""
        self._stop_scrolling()

    @property
    def _holds_still(self) -> bool:
        """Whether new lines must not move the view."""
        return self._is_pressed

    def _note_anchor(self) -> None:
        super()._note_anchor()
        if self._holds_still:
            self._follows = False

    def _settle(self) -> None:
        """Find the ends again once lines are broken for another width."""
        if self._weights and self._flow.width != self._weighed_at:
            weights, self._weights = self._weights, []
            found = [self._spots.weighing(item, weight) for item, weight in weights]
            self._anchor = found[0]
            self._head = found[1] if len(found) > 1 else None

    def _spot_at(self, offset: Offset) -> Spot | None:
        y = min(max(-1, offset.y), self.size.height)
        return self._spots.at(self.top + y, max(0, offset.x - GUTTER))

    def _scroll_on(self) -> None:
        """The mouse is held beyond an edge: further away is faster."""
        y, height = self._pointer.y, self.size.height
        self.go_to(self.scroll_y + (y if y < 0 else max(0, y - height + 1)))
        self.select(self._anchor, self._spot_at(self._pointer))

    def _stop_scrolling(self) -> None:
        if self._edge_timer is not None:
            self._edge_timer.stop()
            self._edge_timer = None


def word_at(text: str, column: int) -> tuple[int, int]:
    """The word, path or address around a column, as (start, end); empty between words."""
    start = end = min(column, len(text))
    while start > 0 and _is_word(text[start - 1]):
        start -= 1
    while end < len(text) and _is_word(text[end]):
        end += 1
    return start, end


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_-./~:@%+#?=&"
