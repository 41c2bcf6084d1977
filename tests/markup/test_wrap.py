"""Lines are exact in cells and lose no text."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.style import Style

from loom.markup.bidi import logical_text
from loom.markup.wrap import chop, width_of, wrap

NONE = Style.null()
BOLD = Style(bold=True)
printable = st.text(
    st.one_of(
        st.characters(min_codepoint=32, max_codepoint=126),
        st.sampled_from("漢字かな。、👩\u200d🎉e\u0301\ufe0fשل\n"),
    ),
    max_size=120,
)


def texts(lines):
    return [logical_text(line) for line in lines]


@settings(max_examples=400)
@example("a  \ufe0f", 3)
@example("\u200dש", 2)
@example("0000000000 \ufe0f", 2)
@given(printable, st.integers(2, 40))
def test_no_wrapped_line_is_wider_than_asked(text, width):
    assert all(width_of(line) <= width for line in wrap([(text, NONE)], width))


@given(printable, st.integers(2, 40))
def test_wrapping_loses_nothing_but_white_space(text, width):
    shown = "".join(texts(wrap([(text, NONE)], width)))
    assert "".join(shown.split()) == "".join(text.split())


@example("\u200d\u200d000", 2)
@given(printable.map(lambda text: text.replace("\n", "")), st.integers(2, 40))
def test_chopping_loses_nothing(text, width):
    lines = chop([(text, NONE)], width)
    assert "".join(texts(lines)) == text
    assert all(width_of(line) <= width for line in lines)


def test_words_stay_whole():
    assert texts(wrap([("the quick brown fox", NONE)], 10)) == ["the quick", "brown fox"]


def test_a_word_in_two_styles_is_not_torn():
    lines = wrap([("one tw", NONE), ("o", BOLD), (" three", NONE)], 6)
    assert texts(lines) == ["one", "two", "three"]
    assert [segment.style for segment in lines[1]] == [NONE, BOLD]


def test_a_long_word_is_broken():
    assert texts(wrap([("a" * 25, NONE)], 10)) == ["a" * 10, "a" * 10, "a" * 5]


def test_ideographs_break_anywhere_but_before_closing_punctuation():
    assert texts(wrap([("漢字漢字。漢", NONE)], 8)) == ["漢字漢", "字。漢"]


def test_a_family_is_one_grapheme_of_two_cells():
    family = "👩\u200d👩\u200d👧"
    assert texts(chop([(family * 3, NONE)], 4)) == [family * 2, family]


def test_combining_marks_stay_on_their_letter():
    assert texts(chop([("e\u0301" * 3, NONE)], 2)) == ["e\u0301" * 2, "e\u0301"]


def test_a_hard_break_makes_a_line():
    assert texts(wrap([("a\n\nb", NONE)], 10)) == ["a", "", "b"]


def test_nothing_makes_no_lines():
    assert wrap([("", NONE)], 10) == []
