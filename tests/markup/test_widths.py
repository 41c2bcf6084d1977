"""Lines are as wide as terminals show them, at any width."""

import sys
import unicodedata

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcswidth, wcwidth

from loom.markup.ink import Inks
from loom.markup.parse import parse
from loom.markup.render import Renderer
from loom.markup.wrap import chop, wrap
from tests.markup.corpus import CONSTRUCTS

FAMILY, FLAG, HEART, KEYCAP, WAVE = "👨‍👩‍👧", "🇩🇪", "❤️", "1️⃣", "👋🏽"
CLUSTERS = (FAMILY, FLAG, HEART, KEYCAP, WAVE, "❤", "✔︎", "e\u0301", "각", "ﷺ", "\u200b")
WORDS = st.one_of(
    st.sampled_from(
        (*CLUSTERS, "漢字かな、", "한국어", "word", "a" * 90, "/a/long/path" * 9, "שלום")
    ),
    st.text(st.sampled_from("aé漢🎉שلk ̈"), max_size=12),
)
SHAPES = (
    "{} {}\n\n",
    "- {}\n  1. {}\n     - {}\n\n       > {}\n\n",
    "| {} | {} |\n|---|--:|\n| {} | {} |\n\n",
    "```py\n{} = '{}'\n```\n\n",
    "## {} **{}**\n\n",
    "> > {}\n\n",
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Shapes filled with words of every width, and constructs of the corpus."""
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=4))
    words = [draw(st.lists(WORDS, min_size=1, max_size=6).map(" ".join)) for _ in range(8)]
    filled = [shape.format(*words[at:], *words) for at, shape in enumerate(shapes)]
    return "".join(filled) + draw(st.sampled_from(("", *CONSTRUCTS)))


def size_of(line) -> int:
    """Cells of a line as the table of wcwidth has them, grapheme clusters whole."""
    return wcswidth("".join(segment.text for segment in line))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.integers(1, 300))
def test_no_line_is_wider_than_a_terminal_of_any_width(text, width):
    # A wide character needs two cells, and what frames a block needs its own.
    least = max(width, 20)
    for line in Renderer(Inks({})).render(parse(text), least):
        assert size_of(line) <= least, line
    for line in Renderer(Inks({})).render(parse(text), width):
        assert size_of(line) >= 0


@settings(max_examples=80, deadline=None)
@example([FAMILY, FLAG, HEART], 1)
@given(st.lists(WORDS, max_size=12), st.integers(1, 300))
def test_wrapped_and_cut_text_fits_any_width_of_two_cells_or_more(words, width):
    runs = [(" ".join(words), Inks({})("text"))]
    for line in (*wrap(runs, width), *chop(runs, width)):
        assert size_of(line) <= max(2, width)


def test_every_character_is_as_wide_as_wcwidth_has_it_but_halves_of_emoji():
    differing = {
        letter
        for letter in map(chr, range(0x20, sys.maxunicode + 1))
        if unicodedata.category(letter) not in ("Cc", "Cn", "Co", "Cs")
        and cell_len(letter) != wcwidth(letter)
    }
    assert differing == {*map(chr, range(0x1F1E6, 0x1F200)), *map(chr, range(0x1F3FB, 0x1F400))}


def test_every_cluster_is_as_wide_as_wcwidth_has_it():
    assert {text for text in CLUSTERS if cell_len(text) != wcswidth(text)} == set()


def test_a_cluster_is_never_cut_nor_torn_by_styles():
    for cluster in (FAMILY, FLAG, HEART, KEYCAP, WAVE):
        style = Inks({})("text")
        runs = [("ab ", style), (cluster[:1], style), (cluster[1:] + " c", style)]
        for width in range(2, 9):
            for lines in (wrap(runs, width), chop(runs, width)):
                assert any(cluster in part.text for line in lines for part in line), width
