"""Blocks to lines: exact widths, and what each construct looks like."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.style import Style

from loom.markup.clean import visible
from loom.markup.ink import INK_NAMES, Inks
from loom.markup.parse import parse
from loom.markup.render import READABLE, Renderer
from loom.markup.wrap import width_of
from tests.markup.corpus import CONSTRUCTS

INKS = Inks({name: Style(color=f"#{at:06x}") for at, name in enumerate(INK_NAMES, 1)})


def shown(text, width=40):
    lines = Renderer(INKS).render(parse(text), width)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def style_of(text, word):
    for line in Renderer(INKS).render(parse(text), 60):
        for segment in line:
            if word in segment.text:
                return segment.style
    raise LookupError(word)


def color(name):
    return INKS(name).color


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(CONSTRUCTS), min_size=1, max_size=4), st.integers(20, 130))
def test_no_line_is_wider_than_asked_and_none_holds_a_control(constructs, width):
    for line in Renderer(INKS).render(parse("".join(constructs)), width):
        assert width_of(line) <= width
        assert all(visible(segment.text) == segment.text for segment in line)
        assert all(segment.style is not None for segment in line)


def test_blocks_have_a_blank_line_between_them():
    assert shown("# a\nb\n\nc") == ["a", "", "b", "", "c"]


def test_prose_stays_readable_on_a_wide_screen_and_code_takes_the_room():
    prose, code = "word " * 60, "x" * 150
    for text in (prose, f"> {prose}", f"- {prose}", f"## {prose}"):
        assert READABLE - 6 <= max(map(len, shown(text, 200))) <= READABLE
    plain = Renderer(INKS).plain(prose, 200)
    assert max(width_of(line) for line in plain) <= READABLE
    assert f" {code}" in shown(f"```\n{code}\n```", 200)


def test_lists_nest_with_their_own_bullets():
    assert shown("- a\n  - b\n    - c\n- d") == ["• a", "  ◦ b", "    ▪ c", "• d"]


def test_numbers_stand_in_line():
    assert shown("9. a\n10. b") == [" 9. a", "10. b"]


def test_a_wrapped_item_hangs():
    assert shown("- one two three", 9) == ["• one two", "  three"]


def test_tasks_have_boxes():
    assert shown("- [x] a\n- [ ] b") == ["☑ a", "☐ b"]


def test_a_quote_has_a_bar_on_every_line():
    assert shown("> a\n>\n> b") == ["▎ a", "▎", "▎ b"]


def test_code_has_its_language_above_and_a_background_to_the_edge():
    lines = Renderer(INKS).render(parse("```py\nx = 1\n```"), 20)
    assert [width_of(line) for line in lines] == [20, 20]
    assert "".join(segment.text for segment in lines[0]).strip() == "py"


def test_code_without_language_has_no_label():
    assert shown("```\nx\n```") == [" x"]


def test_long_code_is_cut_not_lost():
    assert shown("```\n" + "a" * 30 + "\n```", 12) == [" " + "a" * 10] * 3


def test_a_table_is_aligned():
    table = "| a | bb |\n|:--|--:|\n| xyz | 1 |"
    assert shown(table) == ["a   │ bb", "────┼───", "xyz │  1"]


def test_a_wide_table_is_fitted_by_wrapping_its_widest_column():
    lines = shown("| a | b |\n|--|--|\n| x | one two three four |", 16)
    assert lines[2:] == ["x │ one two", "  │ three four"]


def test_a_table_of_too_many_columns_becomes_records():
    header = "|" + "|".join(f"c{at}" for at in range(12)) + "|"
    row = "|" + "|".join(f"value{at}" for at in range(12)) + "|"
    lines = shown("\n".join((header, "|--" * 12 + "|", row)), 30)
    assert lines[:2] == ["c0: value0", "c1: value1"]


@pytest.mark.parametrize(
    ("text", "word", "ink"),
    [
        ("# a", "a", "heading1"),
        ("**a**", "a", "strong"),
        ("`a`", "a", "code"),
        ("[a](https://e.org)", "a", "link"),
        ("> a", "a", "quote"),
        ("- a", "•", "list_mark"),
        ("```py\ndef f(): 1\n```", "def", "keyword"),
        ("```py\nf('s')\n```", "'s'", "string"),
    ],
)
def test_each_construct_has_its_ink(text, word, ink):
    assert style_of(text, word).color == color(ink)


def test_a_safe_link_is_a_hyperlink_and_an_unsafe_one_is_not():
    assert style_of("[a](https://e.org)", "a").link == "https://e.org"
    assert style_of("[a](ftp://e.org)", "a").link is None
