"""One of many: models, threads, commands, filtered as one types."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input

from loom.core.fuzzy import rank
from loom.widgets.completion import Choice, CompletionList, Row
from loom.widgets.field import Field
from loom.widgets.keys import way_now

PAGE = 10
MARGIN = 8
"""Lines of the screen that are left to others."""


class _Offer(CompletionList):
    """As high as all that is offered, so that nothing moves while one filters."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The same for every filter."""
        return max(1, min(self.most, viewport.height - MARGIN))


class PickerModal(ModalScreen[str | None]):
    """The value of the choice that was taken, or None.

    Args:
        choices: what is offered, best first; an empty filter keeps this order.
        current: the value in use, which is marked, and on which the cursor begins.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, id="picker.cancel"),
        Binding("up", "move(-1)", "Up", show=False, id="picker.up"),
        Binding("down", "move(1)", "Down", show=False, id="picker.down"),
        Binding("pageup", f"move({-PAGE})", "Page up", show=False, id="picker.page_up"),
        Binding("pagedown", f"move({PAGE})", "Page down", show=False, id="picker.page_down"),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | letters | Filter. |
    | up, down, pageup, pagedown | Move in the list. |
    | enter | Take the choice. |
    | escape | Cancel. |
    """

    def __init__(
        self, title: str, choices: Iterable[Choice], *, current: str = "", placeholder: str = ""
    ) -> None:
        super().__init__()
        self._title = title
        self._all = tuple(choices)
        self._current = current
        self._placeholder = placeholder or "Type to filter"
        self._list = _Offer(height=len(self._all), empty="Nothing matches", current=current)

    def compose(self) -> ComposeResult:
        """The filter above the list."""
        with Vertical(classes="modal-panel") as panel:
            panel.border_title = self._title
            panel.border_subtitle = f"{way_now(self.app, 'picker.cancel', 'escape')} cancels"
            search = Field(placeholder=self._placeholder, compact=True)
            yield search
            yield self._list

    def on_mount(self) -> None:
        """Shows everything, the cursor on the current value."""
        self._filter("")
        values = [choice.value for choice in self._all]
        if self._current in values:
            self._list.cursor = values.index(self._current)

    def action_cancel(self) -> None:
        """Closes without a choice."""
        self.dismiss(None)

    def action_move(self, by: int) -> None:
        """Moves in the list; a page stops at its ends."""
        last = len(self._list.rows) - 1
        if abs(by) == 1:
            self._list.move(by)
        else:
            self._list.cursor = max(0, min(last, self._list.cursor + by))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._filter(event.value)

    @on(Input.Submitted)
    @on(CompletionList.Chosen)
    def _take(self, event: Message) -> None:
        event.stop()
        if self._list.selected is not None:
            self.dismiss(self._list.selected.value)

    def _filter(self, query: str) -> None:
        found = rank(query, self._all, _name)
        self._list.offer(Row(choice, match.positions) for choice, match in found)


def _name(choice: Choice) -> str:
    return choice.label or choice.value
