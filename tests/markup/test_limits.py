"""Whatever is written: a piece costs what a piece costs, and pieces read as the whole."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from loom.markup import growing, prose, reading, rules, stream
from loom.markup.blocks import Bullets, Paragraph, Quote
from loom.markup.parse import parse
from loom.markup.stream import MarkdownStream
from tests.markup.corpus import CONSTRUCTS
from tests.markup.page import inline
from tests.markup.test_painted import pieces
from tests.markup.test_prose import WORDS
from tests.markup.test_stream import streamed

SIZE = 40
LONG = 20_000
HOSTILE = {
    "asterisks": "*a ",
    "underscores": "*a_ ",
    "brackets": "[",
    "links": "[a](",
    "images": "![",
    "backticks": "`a ``b ",
    "tags": "<a ",
    "declarations": "x <![CDATA[ ",
    "slashes": "://",
    "one word": "x",
    "one line": "words and **more** ",
    "many lines": "x\n",
    "blank lines": "\n",
    "quotes": "> a\n",
    "deep quotes": ">" * 50 + " a\n",
    "quoted tables": "> |a|\n> |-|\n",
    "items": "- a\n",
    "items of headings": "- # a\n",
    "loose items": "- a\n\n",
    "definitions": "[a]: /u\n",
    "open titles": '[a]: /u "t\n',
    "table heads": "| a | b |\n",
    "rows": "|-",
    "html": "</div>\n",
    "code": "    a\n",
    "returns": "a\r",
    "everything": "*[`<&_~~",
}
BEGINNINGS = {
    "a long item": ("- a\n", "  word\n"),
    "an item of one line": ("- ", "word "),
    "a quoted line": ("> ", "word "),
    "a heading": ("# ", "word "),
    "an open address": ("", "[a]((("),
    "an open title": ('[a]: /u "', "t "),
    "a table": ("| a | b |\n|---|---|\n", "| x **b** | y |\n"),
    "rows without cells": ("|a" * 60 + "|\n" + "|-" * 60 + "|\n", "|x\n"),
    "a wide table": ("|a" * 500 + "|\n" + "|-" * 500 + "|\n", "|x\n"),
    "a cell": ("| a | b |\n|---|---|\n| ", "word "),
    "html": ("<div>\n", "some text\n"),
    "a comment": ("<!--\n", "some text\n"),
}


def grown(name):
    """A text of LONG characters, and how it goes on."""
    start, again = BEGINNINGS.get(name, ("", HOSTILE.get(name)))
    return (start + again * LONG)[:LONG], (again * SIZE)[:SIZE]


@pytest.fixture
def read(monkeypatch):
    """Lines that were read as blocks, characters that were read as text: since it was cleared."""
    sizes = Counter()

    def lines(text, *rest, **more):
        sizes["lines"] += text.count("\n")
        return tokens(text, *rest, **more)

    def letters(text, references):
        sizes["letters"] += len(text)
        return read_part(text, references)

    tokens, read_part = reading.tokens, prose._read
    for module in (reading, stream, growing):
        monkeypatch.setattr(module, "tokens", lines)
    monkeypatch.setattr(prose, "_read", letters)
    return sizes


@pytest.mark.parametrize("name", [*HOSTILE, *BEGINNINGS])
def test_no_piece_of_a_long_text_has_all_of_it_read_again(name, read):
    text, again = grown(name)
    growing = MarkdownStream()
    for at in range(0, LONG, 1_000):
        growing.append(text[at : at + 1_000])
    for piece in (*[again] * 12, "\n\nnext\n\n"):
        read.clear()
        growing.append(piece)
        assert read["lines"] <= 1_300, piece
        assert read["letters"] <= 5_000, piece


def check_small(monkeypatch, text, sizes):
    """With limits so small that they are met all the time, pieces still read as the whole."""
    for module, values in SMALL.items():
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)
    assert streamed(pieces(text, sizes)) == parse(text)


SMALL = {
    rules: {"SHORT": 40, "MOST": 150, "LINES": 9, "COLUMNS": 4, "MISSING_CELLS": 7},
    growing: {"SHORT": 40},
    prose: {"PART": 60, "_STRETCH": 20},
}
LINES = (
    *("- a", "- # h", "  - b", "    - c", "1. x", "  > q", "> q", "> > r", ">", "", "", "text"),
    *("    text", "- ```", "  ```", "```", "| a | b |", "|---|---|", "| 1 | 2 |", "|x|", "x | y"),
    *("---", "===", "-", "[a]: /u", '[b]: /v "t', "see [a] and [b]", "[c]:", "/w", '"t"'),
    *("<div>", "</div>", "<script>", "</script>", "<!-- x", "-->", "**b", "b**", "`c", "c`"),
    *(
        "[a",
        "](/x)",
        "שלום",
        "👩\u200d👩\u200d👧",
        "- [ ] t",
        "> - q",
        "> | a | b |",
        "> |---|---|",
    ),
    *("\tx", "- \tx", "***", "+ p", "x\\", "x  ", "&amp;", "word " * 9, "x" * 70, "a*b_c"),
    *("| " + "a | " * 5, "|" + "-|" * 5, "-     code", "- - a", "  [d]: /z", "> [e]: /e", "[e]"),
)
TEXTS = st.one_of(
    st.lists(st.sampled_from(LINES), max_size=60).map("\n".join),
    st.lists(st.sampled_from(LINES), min_size=2, max_size=5).flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=5, max_size=60).map("\n".join)
    ),
    st.lists(st.sampled_from(CONSTRUCTS), max_size=8).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=100).map("".join),
)
ANY = given(TEXTS, st.lists(st.integers(1, 45), min_size=1, max_size=5))
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@example("  - b\n\n    x\n-\n", [9])
@example("t\n2|\n-|-", [1])
@example("- a\n- b\n\n-x", [1])
@ANY
def test_with_small_limits_pieces_give_the_blocks_of_the_whole(text, sizes):
    with pytest.MonkeyPatch.context() as patch:
        check_small(patch, text, sizes)


@pytest.mark.soak
@pytest.mark.timeout(900)
@settings(FEW, max_examples=1_500)
@ANY
def test_with_small_limits_many_texts_in_pieces_give_the_blocks_of_the_whole(text, sizes):
    with pytest.MonkeyPatch.context() as patch:
        check_small(patch, text, sizes)


@FEW
@given(st.lists(st.sampled_from(WORDS[:9]), min_size=60, max_size=200))
def test_a_text_read_in_parts_reads_as_the_whole(words):
    text = "".join(words).strip()
    whole = prose._read(text, {})
    assert inline([*prose.Prose({}).read(text)]) == inline([*whole])


def test_what_ends_a_long_quote_or_item_shows_its_rest_plainly():
    *_, item, rest = parse("- a\n" + "  word word\n" * 1_000)
    assert isinstance(item, Bullets)
    assert isinstance(rest, Paragraph)
    assert all(isinstance(block, Quote) for block in parse("> word word\n" * 2_000))
