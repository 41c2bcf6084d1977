"""Where the first row is after a terminal has wrapped all of them."""

import pytest

from loom.terminal.reflow import has_reflow, rows_above


@pytest.mark.parametrize(
    ("lengths", "column", "width", "rows"),
    [
        ([90, 90, 0], 0, 90, 2),  # exactly as long as the terminal is wide: one row each
        ([90, 90, 0], 0, 89, 4),
        ([90, 90, 0], 0, 45, 4),
        ([90, 90, 0], 0, 44, 6),
        ([5, 0, 40], 39, 20, 3),  # in its own row the cursor is further down
        ([5, 0, 40], 40, 20, 3),  # behind its end it stays there
        ([5, 0, 3], 80, 20, 2),
    ],
)
def test_rows_are_counted_as_a_terminal_wraps_them(lengths, column, width, rows):
    assert rows_above(lengths, column, width) == rows


def test_a_multiplexer_says_whether_it_wraps_and_not_the_terminal_around_it():
    assert has_reflow({"TERM": "tmux-256color", "TMUX": "x", "XTERM_VERSION": "XTerm(379)"})
    assert not has_reflow({"TERM": "screen", "STY": "1.x"})
    assert not has_reflow({"TERM": "linux"})
