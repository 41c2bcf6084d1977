"""What is written of rows whose blank end is erased."""

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from loom.terminal.short_rows import CLEAR_ROW, ShortPainter

CONSOLE = Console(color_system="truecolor", force_terminal=True)
GROUND = Style(bgcolor="#102030")


def painted(painter: ShortPainter, text: str, style: Style = GROUND) -> str:
    row = Strip([Segment(text.ljust(20), style)])
    return painter.paint(LayoutUpdate([[row]], Region(0, 0, 20, 1)), CONSOLE)


def test_a_row_is_as_long_as_what_stands_on_it():
    painter = ShortPainter(lambda x, y: f"<{x}>")
    first = painted(painter, "hello there")
    assert first.startswith("<0>" + CLEAR_ROW) and "hello there\x1b" in first
    assert painter.row_length(0) == 11
    assert "hello" not in painted(painter, "hello there you") and painter.row_length(0) == 15
    assert painted(painter, "hello").startswith("<0>" + CLEAR_ROW) and painter.row_length(0) == 5
    assert painted(painter, "hello") == ""


def test_blanks_that_can_be_seen_are_written():
    painter = ShortPainter(lambda x, y: "")
    painted(painter, "", Style(underline=True))
    assert painter.row_length(0) == 20


def test_a_full_row_has_nothing_erased_behind_it():
    painter = ShortPainter(lambda x, y: "")
    painter.width = 10
    assert "\x1b[K" not in painted(painter, "x" * 20) and painter.row_length(0) == 10
