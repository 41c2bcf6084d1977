from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loom.plain.sentences import Sentences

TEXT = "First one. Second\nThird? ```\na.b c. d\n``` Last"


def test_a_sentence_is_held_until_it_is_whole() -> None:
    sentences = Sentences()
    assert sentences.feed("It is ") == ""
    assert sentences.feed("done. Now") == "It is done. "
    assert sentences.rest() == "Now"


def test_a_line_is_whole_without_a_full_stop() -> None:
    assert Sentences().feed("# Title\nand") == "# Title\n"


def test_a_sentence_in_chinese_needs_no_blank() -> None:
    assert Sentences().feed("好。再") == "好。"


def test_code_comes_line_by_line() -> None:
    sentences = Sentences()
    assert sentences.feed("```\na. b") == "```\n"
    assert sentences.feed(". c\n") == "a. b. c\n"


@given(st.lists(st.integers(0, len(TEXT)), max_size=6))
def test_nothing_is_lost_or_said_twice_however_it_comes(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(TEXT)]
    sentences = Sentences()
    pieces = [TEXT[a:b] for a, b in pairwise(places)]
    assert "".join(map(sentences.feed, pieces)) + sentences.rest() == TEXT
