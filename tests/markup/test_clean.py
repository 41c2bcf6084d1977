"""Nothing that leaves `clean` can steer a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.markup.clean import expand_tabs, one_line, plain_output, safe_link, visible

HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
anything = st.text(st.characters(blacklist_categories=()), max_size=80)


@given(anything)
def test_no_control_character_is_left_visible(text):
    cleaned = visible(text)
    assert not HARMFUL.search(cleaned)
    assert cleaned.encode().decode() == cleaned


@given(anything)
def test_no_control_character_is_left_in_output(text):
    assert not HARMFUL.search(plain_output(text))


def test_escape_and_nul_are_shown_as_pictures():
    assert visible("a\x1b[31m\0") == "a␛[31m␀"


def test_lone_surrogates_survive_as_a_replacement():
    assert visible("a\ud800b") == "a\ufffdb"


def test_text_without_controls_is_the_same_object():
    text = "plain 漢字"
    assert visible(text) is text


def test_line_ends_become_line_feeds():
    assert visible("a\r\nb\rc") == "a\nb\nc"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://e.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("10%\r50%\r100%\ndone", "100%\ndone"),
        ("abc\x08d", "abd"),
        ("line\r\n", "line\n"),
        ("\x1b[", ""),
        ("\x1bPq#0\x1b\\x", "x"),
    ],
)
def test_output_is_what_the_terminal_would_show(raw, shown):
    assert plain_output(raw) == shown


def test_one_line_is_one_line():
    assert one_line(" a\n\tb \x1b c ") == "a b ␛ c"


def test_tabs_go_to_the_next_stop():
    assert expand_tabs("a\tb") == "a   b"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "https://e.org/\x1b]8;;", "http://a b", "x"],
)
def test_an_unsafe_target_is_no_link(url):
    assert safe_link(url) == ""


def test_a_web_address_is_a_link():
    assert safe_link("https://e.org/a?b=c") == "https://e.org/a?b=c"
