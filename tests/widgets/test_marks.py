"""Where a text stands in lines that were wrapped."""

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from loom.markup.ink import Line
from loom.markup.parse import parse
from loom.markup.render import Renderer
from loom.markup.wrap import chop, wrap
from loom.widgets.transcript.marks import Mark, marks
from loom.widgets.transcript.search import pattern_of
from tests.markup.test_render import INKS

WORDS = st.lists(st.text("ab", min_size=1, max_size=9), min_size=1, max_size=12).map(" ".join)


def lines_of(text: str, width: int) -> list[Line]:
    return wrap([(text, Style.null())], width)


def test_a_hit_over_a_line_end_is_marked_on_both_lines() -> None:
    found = marks(lines_of("one two three", 8), pattern_of("two three"))
    assert found == [[Mark(0, 4, 7), Mark(1, 0, 5)]]


def test_a_word_that_is_broken_is_marked_on_each_line() -> None:
    lines = chop([("abcdefghij", Style.null())], 4)
    assert marks(lines, pattern_of("cdefghi")) == [[Mark(0, 2, 4), Mark(1, 0, 4), Mark(2, 0, 1)]]


@given(WORDS, st.from_regex("[ab]( ?[ab]){0,4}", fullmatch=True), st.integers(1, 30))
def test_no_width_hides_a_hit_or_makes_one(text: str, wanted: str, width: int) -> None:
    found = marks(lines_of(text, width), pattern_of(wanted))
    lines = ["".join(segment.text for segment in line) for line in lines_of(text, width)]
    assert len(found) == text.count(wanted)
    for parts in found:
        shown = "".join(lines[part.line][part.start : part.end] for part in parts)
        assert shown.replace(" ", "") == wanted.replace(" ", "")


def test_what_is_drawn_before_a_line_that_goes_on_is_no_part_of_it() -> None:
    lines = Renderer(INKS).render(parse("- first second third"), 12)
    text = ["".join(segment.text for segment in line) for line in lines]
    (parts,) = marks(lines, pattern_of("first second"))
    assert [text[part.line][part.start : part.end] for part in parts] == ["first", "second"]


def test_a_line_end_of_the_text_parts_what_is_found() -> None:
    assert marks(lines_of("one\ntwo", 20), pattern_of("one two")) == []
