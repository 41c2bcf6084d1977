"""A cursor that goes from item to item: opens, folds and copies them."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region

from loom.widgets.transcript.flow import GUTTER
from loom.widgets.transcript.item import Item
from loom.widgets.transcript.refining import RefinedView


class ItemView(RefinedView):
    """A flow of items with a cursor, which goes from item to item and to where the mouse is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="transcript.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="transcript.down"),
        Binding("enter,o", "open", "Open", id="transcript.open"),
        Binding("y", "copy", "Copy", id="transcript.copy"),
    ]
    """
    | Key | Description |
    | :- | :- |
    | up, k, down, j | The item before, after; through a long one half a screen at a time. |
    | enter, o | Open or fold the item at the cursor. |
    | y | Copy its text. |
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(clock=clock, id=id)
        self._chosen: Item | None = None

    @property
    def marked(self) -> Item | None:
        """The cursor shows while the transcript has the focus."""
        return self.chosen if self.has_focus else None

    @property
    def chosen(self) -> Item | None:
        """The item at the cursor, as long as it is there."""
        if self._chosen is not None and self._flow.place(self._chosen) is None:
            self._chosen = None
        return self._chosen

    def on_focus(self) -> None:
        """The cursor shows."""
        self._refresh_chosen()

    def on_blur(self) -> None:
        """The cursor hides."""
        self._refresh_chosen()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Puts the cursor on the item under the mouse."""
        index = self._flow.at(self.top + event.y)
        if index is not None:
            self._choose(index)

    def on_click(self, event: events.Click) -> None:
        """A click on an item's first line or its gutter opens or folds it; on the mark, goes on."""
        line = self.top + event.y
        if self._is_on_news(event):
            self.action_scroll_last()
            return
        index = self._flow.at(line)
        if index is None or event.chain != 1 or event.ctrl or self.text_selection is not None:
            return
        if line == self._flow.body(index) or event.x < GUTTER:
            self.action_open()

    def action_move(self, by: int) -> None:
        """Move the cursor `by` items, or the view while the item goes on beyond it."""
        if not self._flow.items:
            return
        place = self._chosen_place
        if place is None:
            place = self._last_in_view()
        elif self._goes_on(place, by):
            self.go_to(self.scroll_y + by * max(1, self.size.height // 2))
            return
        else:
            place = min(max(0, place + by), len(self._flow.items) - 1)
        self._choose(place)
        self._show_item(place)

    def action_open(self) -> None:
        """Open or fold the item at the cursor."""
        if self._chosen is None or not self._chosen.can_open:
            return
        had_news = self._has_news
        self._chosen.is_open = not self._chosen.is_open
        self._follows = self._follows and not self._chosen.is_open
        self.changed(self._chosen)
        self.flush()
        self._has_news = had_news
        self._note_anchor()
        index = self._flow.place(self._chosen)
        if index is not None:
            self._show_item(index)

    def action_copy(self) -> None:
        """Copy the text of the item at the cursor; the app tells what became of it."""
        if self._chosen is not None:
            self.app.copy_to_clipboard(self._chosen.text)

    def _choose(self, index: int) -> None:
        self._refresh_chosen()
        self._chosen = self._flow.items[index]
        self._refresh_chosen()

    def _refresh_chosen(self) -> None:
        index = self._chosen_place
        if index is not None:
            top = self._flow.top(index)
            self.refresh(Region(0, top - self.top, GUTTER, self._flow.bottom(index) - top))

    def _last_in_view(self) -> int:
        """The last item that is seen: where a cursor comes in."""
        last = min(self._flow.height, self.top + self.size.height) - 1
        return self._flow.at(max(0, last)) or 0

    def _goes_on(self, index: int, by: int) -> bool:
        if by > 0:
            return self._flow.bottom(index) > self.top + self.size.height
        return self._flow.body(index) < self.top

    def _show_item(self, index: int) -> None:
        """Scroll as little as shows the item's first lines."""
        top, bottom = self._flow.top(index), self._flow.bottom(index)
        if top < self.top:
            self.go_to(max(top, bottom - self.size.height))
        elif bottom > self.top + self.size.height:
            self.go_to(min(top, bottom - self.size.height))

    @property
    def _chosen_place(self) -> int | None:
        return self._flow.place(self._chosen) if self._chosen else None
