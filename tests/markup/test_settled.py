"""What of an unfinished line is shown while it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.markup.settled import before_head, settled


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain words", "plain words"),
        ("a **bol", "a "),
        ("a **bold** b", "a **bold** b"),
        ("a *", "a "),
        ("a *em* and **", "a *em* and "),
        ("2 * 3 is 6", "2 * 3 is 6"),
        ("* item with `co", "* item with "),
        ("`a * b` c", "`a * b` c"),
        ("``a ` b", ""),
        ("see [docs](http", "see "),
        ("see [docs](http://x) now", "see [docs](http://x) now"),
        ("- [ ] task", "- [ ] task"),
        ("a[0] = b", "a[0] = b"),
        (r"a \* b", r"a \* b"),
        ("snake_case_name", "snake_case_name"),
    ],
)
def test_an_open_mark_is_held_back(line: str, shown: str) -> None:
    assert line[: settled(line)] == shown


def test_a_mark_that_never_closes_is_shown_in_the_end() -> None:
    line = "**" + "word " * 50
    assert settled(line) == len(line)


@given(st.text(alphabet="ab *`[]()\\_", max_size=60))
def test_any_line_is_settled_somewhere(line: str) -> None:
    assert 0 <= settled(line) <= len(line)


@pytest.mark.parametrize("line", ["-", "- ", "--", " ---", "=", "== "])
def test_what_may_underline_a_heading_is_held_back(line):
    assert settled(line) == 0
    assert settled(line + "x") == len(line + "x")


@pytest.mark.parametrize(
    "head", ["|", "| a", "| a | b |\n", "> | a |\n> |-", "  | a |\n  |:--", "| a |\n-"]
)
def test_what_may_be_a_tables_head_is_held_back(head):
    assert before_head(head) == 0
    assert before_head("text\n" + head) == len("text\n")


@pytest.mark.parametrize(
    "text", ["| a |\n|--|\n", "| a |\nb", "a | b", "| a |\n\nb", "|" + "x" * 700, ""]
)
def test_a_line_with_a_bar_is_shown_once_it_is_known_what_it_is(text):
    assert before_head(text) == len(text)
