"""Buttons in a row, each with its key: what a modal ends with."""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from loom.widgets.cells import strip_of
from loom.widgets.keys import brief

_GAP = 2


class Option(NamedTuple):
    """One button; `key` picks it (or several, with commas between), `answer` is what that says.

    The answer is the key itself unless it is given.
    """

    key: str
    label: str
    answer: str = ""

    @property
    def sign(self) -> str:
        """The key as it stands in the row."""
        return brief(self.key)

    @property
    def text(self) -> str:
        """As it stands in the row."""
        return f" {self.sign} {self.label} "


class ChoiceRow(Widget, can_focus=True):
    """The buttons, wrapped where the row is narrow; the one under the cursor is marked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "choice-row--key",
        "choice-row--label",
        "choice-row--cursor",
    }
    """
    | Class | Description |
    | :- | :- |
    | `choice-row--key` | The letter. |
    | `choice-row--label` | What it does. |
    | `choice-row--cursor` | The button under the cursor. |
    """

    cursor: reactive[int] = reactive(0)
    """Index of the button under the cursor; it goes round."""

    class Picked(Message):
        """A button was clicked, or picked with Enter."""

        def __init__(self, row: "ChoiceRow", key: str) -> None:
            super().__init__()
            self.row = row
            self.key = key

    def __init__(self, options: Sequence[Option], *, primary: int = 0) -> None:
        super().__init__()
        self.options = tuple(options)
        self.set_reactive(ChoiceRow.cursor, primary)

    def validate_cursor(self, cursor: int) -> int:
        """Goes round at the ends."""
        return cursor % len(self.options)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the buttons need in `width`."""
        return self._places(width)[-1][1] + 1

    def render_line(self, y: int) -> Strip:
        """The buttons of this line."""
        places = self._places(self.size.width)
        pieces: list[tuple[str, Style]] = []
        for index, (_, line) in enumerate(places):
            if line == y:
                pieces += [(" " * _GAP, self._style("label"))] if pieces else []
                pieces += self._button(index)
        return strip_of(pieces, self.size.width, self._style("label"))

    def on_click(self, event: events.Click) -> None:
        """Picks the button that was clicked."""
        at = event.get_content_offset_capture(self)
        for index, (x, y) in enumerate(self._places(self.size.width)):
            if y == at.y and x <= at.x < x + cell_len(self.options[index].text):
                self.cursor = index
                self.pick()

    @property
    def selected(self) -> str:
        """The answer of the button under the cursor."""
        option = self.options[self.cursor]
        return option.answer or option.key

    def move(self, by: int) -> None:
        """Moves the cursor by buttons."""
        self.cursor += by

    def select(self, key: str) -> bool:
        """Puts the cursor on the button with this key; False when there is none."""
        for index, option in enumerate(self.options):
            if key in option.key.split(","):
                self.cursor = index
                return True
        return False

    def pick(self) -> None:
        """Says that the button under the cursor was picked."""
        self.post_message(self.Picked(self, self.selected))

    def _places(self, width: int) -> list[tuple[int, int]]:
        widths = [cell_len(option.text) for option in self.options]
        places = [(0, 0)]
        for taken, needed in pairwise(widths):
            x, y = places[-1]
            after = x + taken + _GAP
            places.append((after, y) if after + needed <= width else (0, y + 1))
        return places

    def _button(self, index: int) -> list[tuple[str, Style]]:
        option = self.options[index]
        if index == self.cursor:
            return [(option.text, self._style("cursor"))]
        return [
            (f" {option.sign}", self._style("key")),
            (f" {option.label} ", self._style("label")),
        ]

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"choice-row--{part}")
