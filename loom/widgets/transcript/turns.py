"""A transcript in which one goes from one message of the person to the next."""

from collections.abc import Iterable
from typing import ClassVar, TypeGuard

from textual.binding import Binding, BindingType

from loom.widgets.transcript.finding import FindView
from loom.widgets.transcript.item import Item
from loom.widgets.transcript.talk import PersonItem

_TRIES = 3


class TurnView(FindView):
    """Goes to what the person wrote. What lies between is not rendered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left_curly_bracket",
            "previous_message",
            "Your message before",
            id="transcript.previous_message",
        ),
        Binding(
            "right_curly_bracket",
            "next_message",
            "Your next message",
            id="transcript.next_message",
        ),
    ]
    """
    | Key | Description |
    | :- | :- |
    | { | To the person's message before the cursor; without one, before what is in view. |
    | } | To the next one; behind the last, to the end, which is then followed. |
    """

    @property
    def own_messages(self) -> list[PersonItem]:
        """What the person wrote, the first one first; what is still queued is no part of it."""
        return [item for item in self._flow.items if _is_own(item)]

    def go_to_message(self, item: PersonItem) -> None:
        """Put the cursor on a message, and the message at the top of the view."""
        self.flush()
        index = self._flow.place(item)
        if index is None:
            return
        self._choose(index)
        for _ in range(_TRIES):  # near the end, items above it may be higher than was guessed
            self.go_to(self._flow.body(index))

    def action_previous_message(self) -> None:
        """Go to the message before; from the first one nowhere."""
        end = self._cursor_in_view
        if end is None:
            end = len(self._flow.items) if self.follows else self._first_begun_in_view
        self._go_to_first(range(end - 1, -1, -1))

    def action_next_message(self) -> None:
        """Go to the next message; from the last one to the end."""
        start = self._cursor_in_view
        start = self.first_in_view if start is None else start
        if not self._go_to_first(range(start + 1, len(self._flow.items))) and self._flow.items:
            self._choose(len(self._flow.items) - 1)
            self.action_scroll_last()

    def _go_to_first(self, places: Iterable[int]) -> bool:
        """Go to the first message among the items at these places, if there is one."""
        for place in places:
            item = self._flow.items[place]
            if _is_own(item):
                self.go_to_message(item)
                return True
        return False

    @property
    def _cursor_in_view(self) -> int | None:
        index = self._chosen_place
        if index is None:
            return None
        is_above = self._flow.bottom(index) <= self.top
        is_below = self._flow.body(index) >= self.top + self.size.height
        return None if is_above or is_below else index

    @property
    def _first_begun_in_view(self) -> int:
        """The first item that begins in the view: one that is cut off above is before it."""
        index = self.first_in_view
        return index if self._flow.body(index) >= self.top else index + 1


def _is_own(item: Item) -> TypeGuard[PersonItem]:
    return isinstance(item, PersonItem) and not item.is_queued
