"""A document rendered while it grows looks as if it had been rendered at once."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.style import Style

from loom.markup.ink import INK_NAMES, Inks
from loom.markup.painted import Painted
from loom.markup.render import Renderer
from loom.markup.stream import MarkdownStream
from tests.markup.corpus import CONSTRUCTS

INKS = Inks({name: Style(color=f"#{at:06x}") for at, name in enumerate(INK_NAMES, 1)})
PROSE = (
    "Some **bold words** and `code here` in a paragraph that is wrapped over more than one line.\n",
    "שלום **עולם** abc (ד) 12 ועוד מילים שנשברות לשורות רבות. \n\n",
    "漢字かな、 text 👩\u200d👩\u200d👧 and e\u0301 that goes on and on\\\nafter a break.\n\n",
    "| name | what it is |\n|--|--|\n| a | some words |\n| longer name | x |\n| b | *c* |\n\n",
    "> - שלום 👩\u200d👩\u200d👧 ab\n>   | שלום | a |\n>   |--|--:|\n>   | 漢字かな | x |\n\n",
    "see [late] and\n[late]\n\n> [late]: /e\n\n<!-- x\n\ny -->\n",
    "9. nine\n10. ten words that are wrapped\n11. eleven\n\n    more\n\n",
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
documents = st.lists(st.sampled_from(CONSTRUCTS + PROSE), min_size=1, max_size=5).map("".join)


def pieces(text, sizes):
    at = 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        yield text[at : at + size]
        at += size


def kinds(lines):
    """What each segment is, beside its text and style: a bar, a line that goes on."""
    return [[type(segment) for segment in line] for line in lines]


def check_painted(text, sizes, width):
    renderer, stream = Renderer(INKS), MarkdownStream()
    painted = Painted(renderer, width)
    for piece in pieces(text, sizes):
        before = list(painted.lines)
        stream.append(piece)
        painted.update(stream.frozen, stream.live)
        whole = Renderer(INKS).render([*stream.frozen, *stream.live], width)
        assert painted.lines == whole
        assert kinds(painted.lines) == kinds(whole)
        kept = zip(before[: painted.kept], painted.lines, strict=False)
        assert painted.kept <= len(before)
        assert all(old is new for old, new in kept)
    stream.finish()
    painted.update(stream.frozen)
    assert painted.lines == Renderer(INKS).render(stream.frozen, width)


ANY = given(documents, st.lists(st.integers(1, 30), min_size=1, max_size=7), st.integers(1, 90))


@FEW
@example("| a | b |\n|:--|--:|\n| 1 | 2 |\n| `x|y` | 3 |\n", [1], 7)
@example("a break <br> and more", [1], 9)
@example("-|--:|\n|-|-|\n[[a\n<!--", [5], 17)
@example("words that go on to `be x | `", [1], 9)
@example("&mp;\nם||\n-|-", [5], 61)
@example("[a]\n#\n[a]:|\n\n|\n```\n", [2], 36)
@ANY
def test_at_every_piece_it_looks_as_if_rendered_at_once(text, sizes, width):
    check_painted(text, sizes, width)


@pytest.mark.soak
@pytest.mark.timeout(900)
@settings(FEW, max_examples=1_000)
@ANY
def test_at_every_piece_many_documents_look_as_if_rendered_at_once(text, sizes, width):
    check_painted(text, sizes, width)


def kept_after(text, more, width=40):
    stream, painted = MarkdownStream(), Painted(Renderer(INKS), width)
    stream.append(text)
    painted.update(stream.frozen, stream.live)
    lines = len(painted.lines)
    stream.append(more)
    painted.update(stream.frozen, stream.live)
    return lines - painted.kept


def test_of_a_long_paragraph_only_the_last_line_is_made_again():
    assert kept_after("word " * 2_000, "more words") == 1


def test_of_a_long_list_only_the_last_item_is_made_again():
    assert kept_after("- item\n" * 500, "- more\n- still more") <= 1


def test_of_a_long_table_only_the_last_row_is_made_again():
    assert kept_after("| a | b |\n|--|--|\n" + "| x | y |\n" * 500, "| z | z |\n| z") <= 1


def test_of_long_code_only_the_last_line_is_made_again():
    assert kept_after("```py\n" + "x = 1\n" * 500, "y = 2\n") <= 1


def test_a_finished_paragraph_keeps_the_lines_it_had():
    assert kept_after("word " * 200 + "end", "\n\nnext") <= 1
