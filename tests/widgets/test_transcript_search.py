"""Where a text occurs in a transcript."""

from hypothesis import given
from hypothesis import strategies as st
from pytest import MonkeyPatch

from loom.widgets.transcript import search
from loom.widgets.transcript.search import occurrences, pattern_of

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
