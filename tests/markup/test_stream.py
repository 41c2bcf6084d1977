"""Markdown in pieces equals markdown at once."""

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loom.markup.blocks import Bullets, Code, Paragraph, Table
from loom.markup.parse import parse
from loom.markup.stream import MarkdownStream
from tests.markup.corpus import CONSTRUCTS

FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def streamed(pieces):
    stream = MarkdownStream()
    for piece in pieces:
        stream.append(piece)
    stream.finish()
    return tuple(stream.frozen)


def split(text, cuts):
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[a:b] for a, b in pairwise(places)]


documents = st.lists(st.sampled_from(CONSTRUCTS), min_size=1, max_size=8).map("".join)
cuts = st.lists(st.integers(0, 5_000), max_size=60)


@FEW
@given(documents, cuts)
def test_any_split_of_any_document_gives_the_blocks_of_the_whole(text, cuts):
    assert streamed(split(text, cuts)) == parse(text)


@FEW
@given(st.text(alphabet="-*+>#|`~: \n\t1.)[]()/x'\"=_<!\\\r", max_size=60))
def test_any_text_of_markup_characters_one_by_one_gives_the_blocks_of_the_whole(text):
    assert streamed(text) == parse(text)


def test_constructs_side_by_side_in_pieces_of_three_characters():
    pairs = [one + other for one in CONSTRUCTS for other in CONSTRUCTS]
    for text in pairs[::7]:
        assert streamed(text[at : at + 3] for at in range(0, len(text), 3)) == parse(text), text


def test_finished_blocks_stay_the_same_objects():
    stream = MarkdownStream()
    stream.append("one\n\ntwo\n\nthree")
    before = list(stream.frozen)
    stream.append(" more\n\nfour\n")
    assert len(before) == 1
    assert all(old is new for old, new in zip(before, stream.frozen, strict=False))


def test_the_block_being_written_is_live():
    stream = MarkdownStream()
    stream.append("# Title\n\nSome te\nxt")
    assert [type(block).__name__ for block in stream.frozen] == ["Heading"]
    assert isinstance(stream.live[0], Paragraph)


def test_an_open_fence_shows_its_code_but_not_a_half_written_end():
    stream = MarkdownStream()
    for piece in ("```py\n", "x = 1\n", "y = 2\n``"):
        stream.append(piece)
    assert stream.live == (Code("x = 1\ny = 2", "py"),)
    stream.append("`\n")
    assert stream.live == ()
    assert stream.frozen == [Code("x = 1\ny = 2", "py")]


def test_a_growing_list_shows_all_of_its_items():
    stream = MarkdownStream()
    for number in range(20):
        stream.append(f"- item {number}\n")
    assert isinstance(stream.live[0], Bullets)
    assert len(stream.live[0].items) == 20


def test_a_growing_table_shows_all_of_its_rows():
    stream = MarkdownStream()
    stream.append("| a | b |\n|---|---|\n")
    for number in range(20):
        stream.append(f"| {number} | x |\n")
    assert isinstance(stream.live[0], Table)
    assert len(stream.live[0].rows) == 20


def test_a_link_defined_after_its_use_is_mended_at_the_end():
    stream = MarkdownStream()
    stream.append("See [it].\n\nMore.\n\n[it]: https://e.org\n\nEnd.\n")
    stream.finish()
    assert stream.frozen[0].spans[1].link == "https://e.org"


def test_the_source_is_what_was_appended():
    stream = MarkdownStream()
    for piece in ("a\r", "\nb", "\x1b"):
        stream.append(piece)
    assert stream.source == "a\r\nb\x1b"
