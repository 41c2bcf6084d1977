"""A long paragraph in pieces reads as it would at once, and no piece costs more than the first."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loom.markup import prose
from loom.markup.parse import parse
from loom.markup.stream import MarkdownStream

WORDS = (
    *("plain words ", "and **bold ones** here ", "`code` is ", "an *em* that ", "snake_case_name "),
    *("https://e.org/a_b ", "[link](https://e.org) and ", "a[0] in ", "2 * 3 < 4 & ", "5 ** no "),
    *("tick ` alone ", "a \\* b ", "<b>html</b> or ", "new\nline ", "hard  \nbreak ", "| pipe "),
    *("(see 2) ", "~~gone~~ for ", "שלום ", "1. one ", "- no\n- list "),
)
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(FEW, max_examples=400)
ANY = given(st.lists(st.sampled_from(WORDS), min_size=60, max_size=160), st.integers(5, 90))
SURE = given(st.lists(st.sampled_from(WORDS[:9]), min_size=60, max_size=160), st.integers(5, 90))


def check_whole(words, size):
    text = "".join(words)
    growing = MarkdownStream()
    for at in range(0, len(text), size):
        growing.append(text[at : at + size])
    growing.finish()
    assert tuple(growing.frozen) == parse(text)


@FEW
@ANY
def test_any_long_paragraph_in_pieces_gives_the_blocks_of_the_whole(words, size):
    check_whole(words, size)


@pytest.mark.soak
@pytest.mark.timeout(900)
@MANY
@ANY
def test_many_long_paragraphs_in_pieces_give_the_blocks_of_the_whole(words, size):
    check_whole(words, size)


def check_on_the_way(words, size, every):
    text = "start " + "".join(words)
    growing = MarkdownStream()
    for count, at in enumerate(range(0, len(text), size)):
        growing.append(text[at : at + size])
        if count % every == 0:
            assert (*growing.frozen, *growing.live) == parse(text[: at + size])


@FEW
@SURE
def test_what_is_shown_on_the_way_is_what_was_written_so_far(words, size):
    check_on_the_way(words, size, every=7)


@pytest.mark.soak
@pytest.mark.timeout(900)
@MANY
@SURE
def test_many_texts_show_on_the_way_what_was_written_so_far(words, size):
    check_on_the_way(words, size, every=1)


def test_each_piece_of_a_long_paragraph_costs_the_same(monkeypatch):
    read = []

    def counted(text, references):
        read.append(len(text))
        return original(text, references)

    original = prose._read
    monkeypatch.setattr(prose, "_read", counted)
    growing = MarkdownStream()
    for _ in range(2_000):
        growing.append("some **bold** words and more ")
    growing.append("\n\nand the end\n\n")
    assert max(read) < 1_000
