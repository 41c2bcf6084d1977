"""What a terminal answers when a program asks it: the questions that agents wait for."""

import re
from dataclasses import dataclass

QUESTION = re.compile(
    rb"\x1b\[(?P<status>[56])n|\x1b\](?P<color>1[012]);\?(?:\x07|\x1b\\)"
    rb"|\x1b\[\?(?P<mode>\d+)\$p|\x1b\[(?P<second>>?)0?c|\x1b\[(?P<window>1[468])t"
)
COLORS = {b"10": b"dddd/dddd/dddd", b"11": b"1111/1111/1111", b"12": b"dddd/dddd/dddd"}
MODES = frozenset({b"25", b"1000", b"1002", b"1003", b"1004", b"1006", b"1049", b"2004", b"2026"})
UNFINISHED = re.compile(rb"\x1b(?:\[[^a-zA-Z\x07\x1b]{0,40}|\][^\x07\x1b]{0,40}\x1b?)?$")
CELL = (9, 18)


@dataclass
class Queries:
    """Finds questions in a stream that may be cut anywhere. The kitty keyboard stays unknown."""

    rest: bytes = b""

    def find(self, data: bytes) -> list[re.Match[bytes]]:
        """The questions that `data` completes."""
        data = self.rest + data
        unfinished = UNFINISHED.search(data)
        self.rest = unfinished[0] if unfinished else b""
        return list(QUESTION.finditer(data))


def answer(question: re.Match[bytes], cursor: tuple[int, int], size: tuple[int, int]) -> bytes:
    """The reply; `cursor` is (column, row) from 0, `size` (columns, rows)."""
    columns, rows = size
    if status := question["status"]:
        place = b"\x1b[%d;%dR" % (cursor[1] + 1, cursor[0] + 1)
        return b"\x1b[0n" if status == b"5" else place
    if color := question["color"]:
        return b"\x1b]%b;rgb:%b\x1b\\" % (color, COLORS[color])
    if mode := question["mode"]:
        return b"\x1b[?%b;%d$y" % (mode, 2 if mode in MODES else 0)
    if window := question["window"]:
        pixels = b"\x1b[4;%d;%dt" % (rows * CELL[1], columns * CELL[0])
        cells = b"\x1b[8;%d;%dt" % (rows, columns)
        return {b"14": pixels, b"16": b"\x1b[6;%d;%dt" % CELL[::-1], b"18": cells}[window]
    return b"\x1b[>0;276;0c" if question["second"] else b"\x1b[?62;22c"
