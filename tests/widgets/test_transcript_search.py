"""Where a text occurs in a transcript."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
from pytest import MonkeyPatch

from loom.widgets.transcript import search
from loom.widgets.transcript.search import Search, occurrences, pattern_of
from loom.widgets.transcript.talk import AnswerItem

LETTERS = st.text("abAB\n", max_size=40)


def naive(text: str, wanted: str) -> list[int]:
    if wanted == wanted.lower():
        text = text.lower()
    found, at = [], text.find(wanted)
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + len(wanted))
    return found


@given(LETTERS, st.text("abAB", min_size=1, max_size=3), st.integers(1, 7))
def test_pieces_together_find_what_a_naive_search_finds(text: str, wanted: str, piece: int) -> None:
    with MonkeyPatch.context() as patch:
        patch.setattr(search, "PIECE", piece)
        pieces = list(occurrences(text, pattern_of(wanted), len(wanted)))
    assert [at for found in pieces for at in found] == naive(text, wanted)


def test_a_text_is_no_pattern() -> None:
    assert pattern_of("a.c").search("abc") is None


@given(st.lists(LETTERS, max_size=6), st.text("abAB", min_size=1, max_size=3))
def test_what_grows_has_the_hits_of_its_whole_text(pieces: list[str], wanted: str) -> None:
    item, found = AnswerItem(is_streaming=True), Search(wanted)
    for piece in pieces:
        item.append(piece)
        found.again(item)
        assert found.count(item) == len(naive(item.text, wanted))


def test_of_what_grew_only_the_end_is_looked_through() -> None:
    item, found = AnswerItem(is_streaming=True), Search("needle")
    item.append("hay " * 1_000)
    found.again(item)
    looked = []
    found.pattern = SimpleNamespace(finditer=lambda text, at: looked.append(len(text) - at) or ())
    item.append("more hay")
    found.again(item)
    assert looked == [len("more hay") + len("needle") - 1]


def test_a_text_that_became_another_is_looked_through_anew() -> None:
    item, found = AnswerItem(is_streaming=True), Search("a")
    item.append("a a a")
    found.again(item)
    item.finish("b a")
    found.again(item)
    assert found.count(item) == found.total == 1
    found.drop([item])
    assert found.total == 0
