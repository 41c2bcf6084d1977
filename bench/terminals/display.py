"""The terminal's screen as text, for finding words on it; the emulator is pyte."""

import re

import pyte

# What pyte would print as letters or stop at: other strings, private sequences, colon colours.
FOREIGN = re.compile(
    rb"\x1b[_P^X][^\x1b\x07]*(?:\x1b\\|\x07)|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    rb"|\x1b\[[<>=][0-9;:]*[a-zA-Z]|\x1b\[\?[0-9;]*(?:u|\$p)|\x1b\[[0-9;]*(?: q|u|t)"
    rb"|\x1b\[[0-9;]*:[0-9;:]*m"
)
CUT = re.compile(rb"\x1b(?:[\[\]_P^X]?[^a-zA-Z\x07]{0,200})?$")


class Display:
    """Fed with the program's bytes, cut anywhere."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._rest = b""
        self._lines: list[str] = []

    def feed(self, data: bytes) -> None:
        """Takes what the program wrote."""
        data = self._rest + data
        cut = CUT.search(data)
        self._rest = cut[0] if cut else b""
        whole = data[: cut.start()] if cut else data
        self._stream.feed(FOREIGN.sub(b"", whole))

    def resize(self, columns: int, rows: int) -> None:
        """Gives the screen another size."""
        self._screen.resize(rows, columns)
        self._lines = []

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row, from 0."""
        return self._screen.cursor.x, self._screen.cursor.y

    @property
    def lines(self) -> list[str]:
        """The rows; only those that changed are read again, for pyte is slow at it."""
        screen = self._screen
        changed = screen.dirty if self._lines else range(screen.lines)
        self._lines = self._lines or [""] * screen.lines
        for row in changed:
            if row < screen.lines:
                cells = screen.buffer[row]
                self._lines[row] = "".join(cells[at].data for at in range(screen.columns))
        screen.dirty.clear()
        return self._lines

    @property
    def text(self) -> str:
        """The rows, joined."""
        return "\n".join(self.lines)

    @property
    def filled(self) -> int:
        """How many rows are not blank."""
        return sum(not line.isspace() for line in self.lines)

    def row_of(self, pattern: str) -> int | None:
        """The last row that matches the regular expression."""
        found = [row for row, line in enumerate(self.lines) if re.search(pattern, line)]
        return found[-1] if found else None
