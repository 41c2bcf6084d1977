"""A short list to choose from, above the input or in a picker."""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from loom.markup.clean import one_line
from loom.widgets.cells import cut, strip_of


class Choice(NamedTuple):
    """What can be chosen: `value` is taken, `label` (or else the value) and `detail` are shown.

    `is_whole` says that nothing is to be written behind it: Enter takes and sends it.
    """

    value: str
    detail: str = ""
    label: str = ""
    is_whole: bool = False


class Row(NamedTuple):
    """A choice with the indices of the letters that matched."""

    choice: Choice
    positions: tuple[int, ...] = ()


class CompletionList(Widget):
    """As many rows as it is high, around the cursor; takes no focus, its owner has the keys."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "completion-list--label",
        "completion-list--match",
        "completion-list--detail",
        "completion-list--cursor",
    }
    """
    | Class | Description |
    | :- | :- |
    | `completion-list--label` | What can be chosen. |
    | `completion-list--match` | Laid over the letters that matched. |
    | `completion-list--detail` | What it is. |
    | `completion-list--cursor` | Laid over the row under the cursor. |
    """

    rows: reactive[tuple[Row, ...]] = reactive[tuple[Row, ...]]((), layout=True)
    """What is offered."""
    empty: reactive[str] = reactive("", layout=True)
    """What is said where there are no rows; nothing is shown when it is empty."""
    cursor: reactive[int] = reactive(0)
    """Index of the row under the cursor; it goes round."""

    class Chosen(Message):
        """A row was clicked."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, height: int = 8, empty: str = "", current: str = "") -> None:
        super().__init__()
        self._current = current
        self.most = height
        self.set_reactive(CompletionList.empty, empty)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line a row, `height` lines at most."""
        return min(len(self.rows) or bool(self.empty), self.most)

    def validate_cursor(self, cursor: int) -> int:
        """Goes round at the ends."""
        return cursor % len(self.rows) if self.rows else 0

    def watch_rows(self) -> None:
        """Back to the best row."""
        self.cursor = 0

    def render_line(self, y: int) -> Strip:
        """One choice: its label, the letters that matched, and its detail."""
        index = y + self._first
        if index >= len(self.rows):
            text = f" {self.empty}" if not self.rows and y == 0 else ""
            return strip_of([(text, self._style("detail"))], self.size.width, self._style("label"))
        row, width = self.rows[index], self.size.width
        over = self._over("cursor") if index == self.cursor else Style.null()
        lead = self._lead(row.choice)
        label = cut(one_line(row.choice.label or row.choice.value), width - len(lead) - 1)
        room = width - self._label_width - len(lead) - 3
        detail = cut(one_line(row.choice.detail), max(0, room))
        gap = " " * max(2, self._label_width - cell_len(label) + 2)
        pieces = [
            (lead, self._style("label") + over),
            *self._lettered(label, row.positions, over),
            (gap + detail if detail else "", self._style("label" if over else "detail") + over),
        ]
        more = self._more(y)
        line = strip_of(pieces, width - cell_len(more), self._style("label") + over)
        return Strip([*line, Segment(more, self._style("detail") + over)])

    def on_click(self, event: events.Click) -> None:
        """Chooses the row that was clicked."""
        index = event.get_content_offset_capture(self).y + self._first
        if index < len(self.rows):
            self.cursor = index
            self.post_message(self.Chosen(self.rows[index].choice))

    @property
    def selected(self) -> Choice | None:
        """The choice under the cursor."""
        return self.rows[self.cursor].choice if self.rows else None

    def offer(self, rows: Iterable[Row]) -> None:
        """Shows these rows, the first one selected."""
        self.rows = tuple(rows)

    def renew(self, rows: Iterable[Row]) -> None:
        """Shows other rows for the same; the cursor stays on its choice while that is among them.

        A cursor on the first row stays there: nobody has moved it yet.
        """
        chosen, has_moved = self.selected, self.cursor > 0
        self.rows = tuple(rows)
        values = [row.choice.value for row in self.rows]
        if has_moved and chosen and chosen.value in values:
            self.cursor = values.index(chosen.value)

    def close(self) -> None:
        """Shows nothing."""
        self.empty = ""
        if self.rows:
            self.offer(())

    def move(self, by: int) -> None:
        """Moves the cursor by rows."""
        self.cursor += by

    def _lead(self, choice: Choice) -> str:
        """What stands before a label: where one value is in use, whether it is this."""
        if not self._current:
            return " "
        return " ✓ " if choice.value == self._current else "   "

    @property
    def _first(self) -> int:
        height = max(1, self.size.height)
        return max(0, min(self.cursor - height // 2, len(self.rows) - height))

    def _more(self, y: int) -> str:
        """At the edge: how many rows are above the first line, or below the last."""
        below = len(self.rows) - self._first - self.size.height
        if below > 0 and y == self.size.height - 1:
            return f" {below} more ↓ "
        return f" {self._first} more ↑ " if self._first and y == 0 else ""

    @property
    def _label_width(self) -> int:
        widest = max(cell_len(row.choice.label or row.choice.value) for row in self.rows[:100])
        return min(widest, self.size.width * 2 // 3)

    def _lettered(
        self, label: str, positions: tuple[int, ...], over: Style
    ) -> list[tuple[str, Style]]:
        plain, matched = self._style("label") + over, self._over("match") + over
        marks = set(positions)
        return [
            (letter, plain + matched if index in marks else plain)
            for index, letter in enumerate(label)
        ]

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"completion-list--{part}")

    def _over(self, part: str) -> Style:
        return self.get_component_rich_style(f"completion-list--{part}", partial=True)
