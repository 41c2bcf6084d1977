"""What is written so that the terminal shows a frame, judged by a terminal emulator."""

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from loom.terminal.painter import Painter, difference

WIDTH = 12
INKS = (Style(color="red"), Style(color="blue", bold=True), Style(bgcolor="green"))
CONSOLE = Console(force_terminal=True, color_system="truecolor", width=WIDTH)


def frame(*lines: str) -> LayoutUpdate:
    strips = [[Strip([Segment(line, INKS[0])])] for line in lines]
    return LayoutUpdate(strips, Region(0, 0, WIDTH, len(lines)))


def test_a_frame_that_is_shown_already_writes_nothing():
    painter = Painter()
    assert "hello" in painter.paint(frame("hello"), CONSOLE)
    assert painter.paint(frame("hello"), CONSOLE) == ""


def test_a_letter_writes_that_letter():
    painter = Painter()
    painter.paint(frame("hello      "), CONSOLE)
    assert painter.paint(frame("hellos     "), CONSOLE) == "\x1b[1;6H\x1b[31ms\x1b[0m"


def test_after_forgetting_all_is_painted():
    painter = Painter()
    painter.paint(frame("hello"), CONSOLE)
    painter.forget()
    assert "hello" in painter.paint(frame("hello"), CONSOLE)


pieces = st.tuples(
    st.text(st.sampled_from("ab 世🙂é\u0301"), min_size=0, max_size=6), st.sampled_from(INKS)
)
strips = st.lists(pieces, min_size=1, max_size=4).map(
    lambda found: Strip(
        [Segment("|", INKS[0]), *(Segment(*piece) for piece in found)]
    ).adjust_cell_length(WIDTH, INKS[0])
)
rows = st.lists(st.lists(strips, min_size=1, max_size=1), min_size=3, max_size=3)


def shown(*sequences: str) -> list[dict]:
    screen = pyte.Screen(WIDTH + 2, 3)
    stream = pyte.Stream(screen)
    for sequence in sequences:
        stream.feed(sequence)
    return [dict(screen.buffer[y]) for y in range(3)]


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=1, max_size=5))
def test_painting_what_changed_shows_what_painting_all_does(frames):
    painter = Painter()
    region = Region(0, 0, WIDTH, 3)
    changes = [painter.paint(LayoutUpdate(frame, region), CONSOLE) for frame in frames]
    whole = Painter().paint(LayoutUpdate(frames[-1], region), CONSOLE)
    assert shown(*changes) == shown(whole)


@settings(deadline=None)
@given(strips, strips)
def test_outside_the_difference_both_are_alike(old, new):
    start, end = difference([*old], [*new])
    assert seen(old.crop(0, start)) == seen(new.crop(0, start))
    assert seen(old.crop(end)) == seen(new.crop(end))


def seen(strip: Strip) -> list[Segment]:
    """Without the segments that have no text."""
    return [segment for segment in strip if segment.text]
