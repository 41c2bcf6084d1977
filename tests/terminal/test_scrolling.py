"""Lines that moved are scrolled by the terminal, judged by a terminal emulator."""

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from loom.terminal.painter import Painter

WIDTH, HEIGHT = 20, 12
CONSOLE = Console(force_terminal=True, color_system="truecolor", width=WIDTH)
INK = Style(color="red")
LINES = [Strip([Segment(f"line {n}", INK)]).adjust_cell_length(WIDTH - 1, INK) for n in range(60)]
BAR = {sign: Strip([Segment(sign, INK)]) for sign in " #"}
HEADER = Strip([Segment("header", INK)]).adjust_cell_length(WIDTH, INK)


def frame(top: int, thumb: int, changed: int = -1) -> LayoutUpdate:
    """A header, and below it lines from `top` on beside a scrollbar."""
    rows = [[HEADER]]
    for y in range(HEIGHT - 1):
        line = LINES[top + y]
        if y == changed:
            line = line.crop(0, 5).adjust_cell_length(WIDTH - 1, INK)
        rows.append([line, BAR["#" if y == thumb else " "]])
    return LayoutUpdate(rows, Region(0, 0, WIDTH, HEIGHT))


def shown(*sequences: str) -> list[str]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for sequence in sequences:
        stream.feed(sequence)
    return screen.display


def test_one_line_further_writes_one_line():
    painter = Painter()
    painter.paint(frame(0, 0), CONSOLE)
    written = painter.paint(frame(1, 0), CONSOLE)
    assert "line 11" in written
    assert "line 10" not in written


def test_lines_beside_a_wide_pane_are_not_scrolled():
    pane = Strip([Segment("pane".ljust(10), INK)])

    def split(top: int) -> LayoutUpdate:
        rows = [[pane, LINES[top + y].crop(0, 10)] for y in range(HEIGHT)]
        return LayoutUpdate(rows, Region(0, 0, WIDTH, HEIGHT))

    painter = Painter()
    painter.paint(split(0), CONSOLE)
    assert "\x1bD" not in painter.paint(split(1), CONSOLE)


tops = st.integers(0, len(LINES) - HEIGHT)
looks = st.tuples(tops, st.integers(0, HEIGHT - 2), st.integers(-1, HEIGHT - 2))


@settings(max_examples=80, deadline=None)
@given(st.lists(looks, min_size=1, max_size=8))
def test_scrolling_shows_what_painting_all_does(states):
    painter = Painter()
    changes = [painter.paint(frame(*state), CONSOLE) for state in states]
    whole = Painter().paint(frame(*states[-1]), CONSOLE)
    assert shown(*changes) == shown(whole)
