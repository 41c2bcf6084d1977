"""A driver that lives below the terminal's own scrollback, in a few rows it calls its screen.

Where these rows are on the terminal is not known and need not be: the cursor is always moved from
where it was left, so what stands above them belongs to the terminal, which scrolls it as it likes.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from textual import events
from textual._compositor import CompositorUpdate
from textual.geometry import Size

from loom.terminal.driver import HIDE_CURSOR, LoomDriver
from loom.terminal.painter import Painter

LEAST_ROWS = 8
_MODAL_ROWS = 20
# Not from the first column: some terminals keep a copy of a screen that is cleared from its corner.
_CLEAR_BELOW = "\x1b[0m\r\x1b[2K\x1b[C\x1b[J\r"
_CLEAR_ROW = "\x1b[0m\x1b[2K"


class InlineDriver(LoomDriver):
    """Shows the app in the last rows of what was written, and prints above them."""

    _at_rest = "\r"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._painter = Painter(self._move_to, can_scroll=False)
        self._above: list[str] = []
        self._row = 0
        self._rows = 0
        self._terminal = (0, 0)
        self._is_tall = False
        self._has_reflow = has_reflow(os.environ)
        self._size = (self._get_terminal_size()[0], LEAST_ROWS)

    def print_above(self, lines: Sequence[str]) -> None:
        """Write lines, none wider than the terminal, above the app with its next frame."""
        self._above.extend(lines)

    def stretch(self, *, is_tall: bool) -> None:
        """Take more rows, for a question, or give them back."""
        if is_tall != self._is_tall:
            self._is_tall = is_tall
            self._fit()

    # What is written

    def _body(self, update: CompositorUpdate, console: Console) -> str:
        row = self._row
        body = super()._body(update, console)
        if not self._above:
            return body
        # The frame was only noted: it stands lower now, and is painted whole.
        self._row = row
        start = self._move_to(0, 0)
        return (
            HIDE_CURSOR + start + self._printed() + self._room() + self._painter.paint_all(console)
        )

    def _printed(self) -> str:
        lines, self._above = self._above, []
        return "".join(f"{_CLEAR_ROW}{line}\r\n" for line in lines)

    def _room(self) -> str:
        """Rows for the app from the cursor on; what is in their way moves into the scrollback."""
        self._row = self._rows - 1
        return "\r\n" * self._row

    def _move_to(self, x: int, y: int) -> str:
        y = min(y, self._rows - 1)
        rows, self._row = y - self._row, y
        down = f"\x1b[{abs(rows)}{'B' if rows > 0 else 'A'}" if rows else ""
        return "\r" + down + (f"\x1b[{x}C" if x else "")

    # Where

    def _query_in_band_window_resize(self) -> None:
        """Not asked: the terminal would tell of rows that are not the app's."""

    def _send_size(self) -> None:
        self._terminal = self._get_terminal_size()
        self._rows = self._wanted_rows
        self._post_size()

    def _post_size(self) -> None:
        # Frames for the size before are still on their way.
        self._painter.height = self._rows
        size = Size(self._terminal[0], self._rows)
        self._size = (size.width, size.height)  # for the frames before the message arrives
        self._app.post_message(events.Resize(size, size))

    @property
    def _wanted_rows(self) -> int:
        rows = self._terminal[1]
        least = max(_MODAL_ROWS, rows * 2 // 3) if self._is_tall else max(LEAST_ROWS, rows // 3)
        return max(1, min(rows - 1, least))

    def _resized(self) -> None:
        if self._get_terminal_size() != self._terminal:
            self._fit()

    def _fit(self) -> None:
        """Begin anew where the app's first row stands, with as many rows as are wanted now."""
        if self._wire is None:
            return
        old, self._terminal = self._terminal, self._get_terminal_size()
        up = self._rows_above(old[0], self._terminal[0])
        self._rows = self._wanted_rows
        self._painter.forget()
        self._cursor = None
        back = f"\x1b[{up}A" if up else ""
        self.write(f"{HIDE_CURSOR}\r{back}{_CLEAR_BELOW}{self._room()}")
        self._post_size()
        self._app.call_later(self._app.paint_again)

    def _rows_above(self, old: int, new: int) -> int:
        """Rows of the app above the cursor: a narrower terminal may have wrapped each of them."""
        if new >= old or not self._has_reflow:
            return self._row
        column = self._cursor.x if self._cursor is not None else 0
        return self._row * -(-old // new) + column // new

    def _enter(self) -> str:
        return "\r" + self._room()

    def _leave(self) -> str:
        return self._move_to(0, 0) + _CLEAR_BELOW + self._printed()


def has_reflow(environment: Mapping[str, str]) -> bool:
    """Whether a narrower terminal wraps its lines; xterm, GNU screen and the console cut them."""
    if "TMUX" in environment:
        return True
    is_cut = "XTERM_VERSION" in environment or "STY" in environment
    return not is_cut and environment.get("TERM") != "linux"
