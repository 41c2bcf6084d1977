"""Lines back to text: nothing of ours in it, and the same whatever the width."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loom.markup.copied import copied, part, text_of
from loom.markup.diff import diff_lines
from loom.markup.ink import Inks
from loom.markup.parse import parse
from loom.markup.render import Renderer
from loom.markup.wrap import chop, wrap

INKS = Inks({})
WORDS = st.text(st.sampled_from("ab漢字é -.\u0301👩‍🚀"), min_size=1, max_size=60)


def copy(text, width):
    return copied(Renderer(INKS).render(parse(text), width))


@pytest.mark.parametrize("width", [20, 33, 80, 200])
def test_prose_is_one_line_a_paragraph_at_every_width(width):
    text = "one two three four five six seven eight nine ten eleven\n\nsecond of them"
    assert copy(text, width) == text


@pytest.mark.parametrize("width", [20, 33, 80])
def test_code_is_as_it_was_written(width):
    code = "def f(a_long_name, another_one):\n    return   a  \n\n\n    # end"
    assert copy(f"```python\n{code}\n```", width) == code


@pytest.mark.parametrize("width", [24, 80])
def test_code_in_a_list_has_no_indent_of_the_list(width):
    assert copy("- see\n\n  ```sh\n  make  all\n  ```", width) == "• see\n\nmake  all"


def test_quotes_have_no_bar_and_items_no_hanging_indent():
    text = "> quoted words that go on and on\n\n- an item that goes on and on\n  - inner one"
    assert copy(text, 20) == (
        "quoted words that go on and on\n\n• an item that goes on and on\n  ◦ inner one"
    )


@pytest.mark.parametrize("width", [30, 80])
def test_a_tables_cells_are_divided_by_tabs_and_whole(width):
    text = "| name | what it does |\n|--|--:|\n| load | reads a file and parses all of it |\n"
    assert copy(text, width) == "name\twhat it does\nload\treads a file and parses all of it"


def test_words_without_spaces_are_joined_without_any():
    assert copy("漢字漢字漢字漢字漢字漢字漢字漢字", 20) == "漢字" * 8


@pytest.mark.parametrize("width", [14, 80])
def test_text_from_right_to_left_is_copied_as_it_is_read(width):
    text = "שלום לכולם abc def שלום לכולם"
    assert copy(text, width) == text


def test_a_diff_has_signs_and_no_numbers():
    diff = "--- a/x\n+++ b/x\n@@ -7,2 +7,2 @@\n same\n-old  words\n+new words\n"
    lines = diff_lines(diff, 60, INKS, names_file=False)
    assert copied(lines).endswith("  same\n- old  words\n+ new words")


@settings(deadline=None)
@given(WORDS, st.integers(1, 40))
def test_what_was_chopped_is_whole_again(text, width):
    assert copied(chop([(text, INKS("text"))], width)) == text


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=3), st.integers(2, 40))
def test_what_was_wrapped_has_every_word(paragraphs, width):
    text = "\n".join(paragraphs)
    back = copied(wrap([(text, INKS("text"))], width))
    assert back.split() == text.split() or "\u0301" in text
    assert back.count("\n") <= text.count("\n")


@given(WORDS, st.integers(0, 70), st.integers(0, 70))
def test_a_part_of_a_line_is_those_characters(text, start, stop):
    (line,) = chop([(text[:3], INKS("text")), (text[3:], INKS("text"))], 1_000)
    assert text_of(part(line, start, stop)) == text[start:stop]
