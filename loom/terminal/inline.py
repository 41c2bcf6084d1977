"""A driver that lives below the terminal's own scrollback, in a few rows it calls its screen.

The cursor is always moved from where it was left, so what stands above these rows belongs to the
terminal, which scrolls it as it likes. They stand at the terminal's end, where a terminal that
wraps them anew has something else to move into the scrollback; the rows between what was printed
and them, the gap, are printed on first.
"""

import os
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from textual import events
from textual._compositor import CompositorUpdate
from textual.geometry import Size
from textual.message import Message

from loom.terminal.driver import HIDE_CURSOR, LoomDriver
from loom.terminal.painter import Painter
from loom.terminal.reflow import has_reflow, rows_above
from loom.terminal.short_rows import ShortPainter
from loom.terminal.width import Place, Width

LEAST_ROWS = 8
_MODAL_ROWS = 20
_NOW_AND_THEN = 0.1
# Not from the first column: some terminals keep a copy of a screen that is cleared from its corner.
_CLEAR_BELOW = "\x1b[0m\r\x1b[2K\x1b[C\x1b[J\r"
_WRAP, _NO_WRAP = "\x1b[?7h", "\x1b[?7l"


class InlineDriver(LoomDriver):
    """Shows the app in the last rows of what was written, and prints above them."""

    _at_rest = "\r"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_tmux = "TMUX" in os.environ
        painter = ShortPainter if self._is_tmux else Painter
        self._painter = painter(self._move_to, can_scroll=False)
        self._above: list[str] = []
        self._row = 0
        self._rows = 0
        self._gap = 0
        self._is_low = False
        self._terminal = (0, 0)
        self._is_tall = False
        self._has_reflow = has_reflow(os.environ)
        self._size = (self._get_terminal_size()[0], LEAST_ROWS)
        self._width = Width(self.write, self._told, lambda: self._get_terminal_size()[0])
        self._is_fresh = True
        self._is_drawn = False
        self._is_stale = False

    def print_above(self, lines: Sequence[str]) -> None:
        """Write lines, rendered for the terminal's width, above the app with its next frame."""
        self._above.extend(lines)
        # A terminal may be narrower for a while before it says so, and what is printed stays.
        self._width.check()

    def ask_no_more(self) -> None:
        """The app ends: what the terminal still answered would be the shell's."""
        self._width.end()

    def stretch(self, *, is_tall: bool) -> None:
        """Take more rows, for a question, or give them back."""
        if is_tall != self._is_tall:
            self._is_tall = is_tall
            self._fit(self._terminal)

    # What is written

    @property
    def is_ready(self) -> bool:
        """As the base; not while the terminal is asked how wide it is."""
        return super().is_ready and not self._width.is_awaited

    def _body(self, update: CompositorUpdate, console: Console) -> str:
        self._is_drawn = True
        row = self._row
        body = super()._body(update, console)
        if not self._above:
            return body + self._proof()
        # The frame was only noted: it stands lower now, and is painted whole.
        self._row = row
        start = HIDE_CURSOR + self._move_to(0, -self._gap) + _CLEAR_BELOW
        printed = self._printed() + self._room()
        return start + printed + self._painter.paint_all(console) + self._proof(is_due=True)

    def forget(self) -> None:
        """As the base; the next frame is drawn whole."""
        super().forget()
        self._is_fresh = True

    def _proof(self, *, is_due: bool = False) -> str:
        """Asks how wide the terminal was, after the app was drawn whole, and in tmux now and then.

        It tells of a first size at once, and then waits before it tells of the next.
        """
        is_due, self._is_fresh = is_due or self._is_fresh, False
        if is_due or (self._is_tmux and self._width.age > _NOW_AND_THEN):
            return self._width.question()
        return ""

    def _printed(self) -> str:
        lines, self._above = self._above, []
        self._gap = max(0, self._gap - len(lines))
        # Lines that were rendered for a wider terminal are wrapped rather than cut.
        return _WRAP + "".join(f"{line}\r\n" for line in lines) + _NO_WRAP if lines else ""

    def _room(self) -> str:
        """Rows for the app from the cursor on; what is in their way moves into the scrollback."""
        self._row = self._rows - 1
        return "\r\n" * (self._gap + self._row)

    def _move_to(self, x: int, y: int) -> str:
        y = min(y, self._rows - 1)
        rows, self._row = y - self._row, y
        down = f"\x1b[{abs(rows)}{'B' if rows > 0 else 'A'}" if rows else ""
        return "\r" + down + (f"\x1b[{x}C" if x else "")

    # Where

    def process_message(self, message: Message) -> None:
        """As the base, less the terminal's answers about its width."""
        if not (isinstance(message, events.CursorPosition) and self._took(message)):
            super().process_message(message)

    def _took(self, place: events.CursorPosition) -> bool:
        return self._width.answer(Place(place.x + 1, place.y + 1))

    def _query_in_band_window_resize(self) -> None:
        """Not asked: the terminal would tell of rows that are not the app's."""

    def _send_size(self) -> None:
        self._terminal = self._get_terminal_size()
        self._rows = self._wanted_rows
        self._post_size()

    def _ask(self) -> None:
        super()._ask()
        self._width.begin(self._terminal[0])

    def _post_size(self) -> None:
        # Frames for the size before are still on their way.
        self._painter.width, self._painter.height = self._terminal[0], self._rows
        size = Size(self._terminal[0], self._rows)
        self._size = (size.width, size.height)  # for the frames before the message arrives
        self._app.post_message(events.Resize(size, size))

    @property
    def _wanted_rows(self) -> int:
        rows = self._terminal[1]
        least = max(_MODAL_ROWS, rows * 2 // 3) if self._is_tall else max(LEAST_ROWS, rows // 3)
        return max(1, min(rows - 1, least))

    def _resized(self) -> None:
        self._is_stale = True
        if not self._width.settle():
            self._told(Place(self._get_terminal_size()[0], 0))

    def _told(self, place: Place) -> None:
        """How wide the terminal is by now, and on which row the cursor stands, if it is known."""
        size = (place.width, self._get_terminal_size()[1])
        # A signal may come for a size that is gone by now, but what stood on it was cut.
        is_same = size == self._terminal and self._width.drawn == place.width
        # At first there is nothing yet that would be seen to move.
        if self._is_stale or not is_same or not self._is_drawn:
            self._fit(size, place.row)
        else:
            self._app.paint_missed()

    def _fit(self, size: tuple[int, int], row: int = 0) -> None:
        """Begin anew where the app's first row stands, with as many rows as are wanted now."""
        if self._wire is None:
            return
        up = self._gap + self._rows_above(size, row)
        is_same = size == self._terminal
        own = self._gap + self._rows if is_same else 0
        if row:
            own = size[1] - max(0, row - 1 - up)
        self._terminal = size
        self._rows = self._wanted_rows
        self._gap = max(0, own - self._rows)
        self._is_stale = False
        self._is_low = row > 0 or (is_same and self._is_low)
        self.forget()
        self._cursor = None
        back = f"\x1b[{up}A" if up else ""
        self._width.expect(size[0])
        self.write(f"{HIDE_CURSOR}\r{back}{_CLEAR_BELOW}{self._room()}")
        self._post_size()
        self._app.call_later(self._app.paint_again)

    def _rows_above(self, size: tuple[int, int], row: int) -> int:
        """Rows of the app above the cursor, on a terminal that has become another size."""
        if size[0] >= self._terminal[0] or not self._is_wrapped(size[1], row):
            return self._row
        cells = (self._painter.row_length(y) for y in range(self._row + 1))
        lengths = [min(length, self._width.drawn) for length in cells]
        return rows_above(lengths, self._cursor.x if self._cursor is not None else 0, size[0])

    def _is_wrapped(self, rows: int, row: int) -> bool:
        """Whether a narrower terminal wrapped its rows: then there are more below the cursor."""
        if self._is_tmux or not (self._is_low and row and rows == self._terminal[1]):
            return self._has_reflow
        return rows - row > self._rows - 1 - self._row

    def _enter(self) -> str:
        self._gap = 0
        self._is_low = False
        return "\r" + self._room()

    def _leave(self) -> str:
        return self._move_to(0, -self._gap) + _CLEAR_BELOW + self._printed()
