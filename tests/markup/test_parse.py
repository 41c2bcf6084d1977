"""Markdown to blocks."""

import pytest

from loom.markup.blocks import Bullets, Code, Heading, Html, Paragraph, Quote, Rule, Span, Table
from loom.markup.parse import parse


def one(text):
    (block,) = parse(text)
    return block


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("# a", Heading),
        ("a", Paragraph),
        ("```\na\n```", Code),
        ("    a", Code),
        ("> a", Quote),
        ("- a", Bullets),
        ("1. a", Bullets),
        ("---", Rule),
        ("<p>", Html),
        ("|a|\n|-|", Table),
    ],
)
def test_each_construct_is_its_block(text, kind):
    assert isinstance(one(text), kind)


def test_marks_nest():
    assert one("a **b *c***").spans == (
        Span("a "),
        Span("b ", ("strong",)),
        Span("c", ("strong", "emphasis")),
    )


def test_strikethrough_and_code():
    assert one("~~a~~`b`").spans == (Span("a", ("strike",)), Span("b", ("code",)))


def test_an_address_is_a_link_but_a_file_name_is_none():
    spans = one("https://e.org and main.py").spans
    assert spans == (Span("https://e.org", (), "https://e.org"), Span(" and main.py"))


def test_tasks_are_done_or_not():
    items = one("- [x] a\n- [ ] b\n- c").items
    assert [item.is_done for item in items] == [True, False, None]
    assert items[0].blocks == (Paragraph((Span("a"),)),)


def test_a_list_knows_its_start_and_whether_it_is_tight():
    assert (one("3. a\n4. b").start, one("3. a\n4. b").is_tight) == (3, True)
    assert one("- a\n\n- b").is_tight is False


def test_a_tight_list_with_a_loose_one_inside_stays_tight():
    assert one("- a\n  - b\n\n  - c\n- d").is_tight is True


def test_table_rows_have_the_headers_cells():
    table = one("|a|b|\n|:-|-:|\n|1|\n|1|2|3|")
    assert [len(row) for row in table.rows] == [2, 2]
    assert table.alignments == ("left", "right")


def test_an_escaped_pipe_stays_in_its_cell():
    assert one("|a|\n|-|\n|x \\| y|").rows[0][0] == (Span("x | y"),)


def test_the_language_is_the_first_word_of_the_info():
    assert one("```python title=x\na\n```").language == "python"


def test_a_break_tag_is_a_break():
    assert one("a<br>b").spans[1] == Span("\n")


def test_the_language_has_its_entities_resolved_and_no_control_character():
    assert one("``` f&ouml;\\+&#x202e;\na\n```").language == "fö+\ufffd"


def test_a_line_feed_from_an_entity_is_a_space():
    assert one("a&#10;b").spans == (Span("a b"),)


def test_an_entity_cannot_smuggle_a_control_character():
    assert one("&#27;[31m &#155;").spans == (Span("\ufffd[31m \ufffd"),)


def test_deep_nesting_ends():
    assert parse("> " * 500 + "a")
