"""A line of both directions stands as UAX #9 has it; python-bidi is the measure."""

import bidi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import split_graphemes
from rich.segment import Segment
from rich.style import Style

from loom.markup.bidi import Reordered, logical_text, reordered
from loom.markup.mirror import MIRRORED
from loom.markup.wrap import chop, width_of, wrap

NONE = Style.null()
BOLD = Style(bold=True)
LINK = Style(link="https://e.org")

bases = "אבגשםעربايXYzé漢か012٣٤۵ +-$%,.:;!?()[]{}<>«»\"'/_*🎉"
marks = "\u05b8\u05bc\u064e\u0651\u0301\u20e3"
graphemes = st.one_of(
    st.sampled_from(bases),
    st.builds("{}{}".format, st.sampled_from("אשبXe"), st.text(alphabet=marks, max_size=2)),
    st.sampled_from(["👩\u200d👩\u200d👧", "👍🏽", "❤\ufe0f", "🇮🇱"]),
)
lines = st.lists(graphemes, max_size=30).map("".join)
styled = st.lists(st.tuples(lines, st.sampled_from([NONE, BOLD, LINK])), min_size=1, max_size=5)


def shown(line):
    return "".join(segment.text for segment in line)


def clusters(text):
    return [text[start:end] for start, end, _ in split_graphemes(text)[0]]


def stripped(text):
    """Each grapheme's first character, so that the measure has none to tear."""
    return "".join(cluster[0] for cluster in clusters(text))


def turned_back(line):
    """A line as it stands with every mirrored sign as it was written: python-bidi turns none."""
    found = []
    for segment in line:
        is_turned = isinstance(segment.text, Reordered) and segment.text.is_reversed
        pieces = clusters(segment.text)
        found += [MIRRORED.get(p[0], p[0]) + p[1:] if is_turned else p for p in pieces]
    return "".join(found)


@settings(max_examples=150)
@given(lines, st.sampled_from("LR"))
def test_every_line_stands_as_python_bidi_has_it(text, base):
    line = reordered([Segment(text, NONE)], "LR".index(base))
    assert stripped(turned_back(line)) == bidi.get_display(stripped(text), base_dir=base)


@settings(max_examples=100)
@given(styled, st.integers(0, 1))
def test_each_grapheme_keeps_its_style_and_its_marks(runs, base):
    line = [Segment(text, style) for text, style in runs]
    text = "".join(text for text, _ in runs)
    before = {(text[s:e], line_style(runs, s)) for s, e, _ in split_graphemes(text)[0]}
    after = reordered(line, base)
    for segment in after:
        for cluster in clusters(turned_back([segment])):
            assert (cluster, segment.style) in before
    assert sorted(clusters(turned_back(after))) == sorted(clusters(text))


def line_style(runs, at):
    for text, style in runs:
        if at < len(text):
            return style
        at -= len(text)
    raise IndexError(at)


@settings(max_examples=100)
@given(styled, st.integers(2, 40))
def test_wrapped_lines_read_as_they_were_written(runs, width):
    lines = wrap(runs, width)
    text = "".join(text for text, _ in runs)
    assert "".join("".join(map(logical_text, lines)).split()) == "".join(text.split())
    assert all(width_of(line) <= width for line in lines)


@given(lines, st.integers(0, 1), st.data())
def test_any_part_of_a_line_is_read_in_order(text, base, data):
    line = reordered([Segment(text, NONE)], base)
    cut = data.draw(st.integers(0, len(text)))
    before, after = logical_text(line, 0, cut), logical_text(line, cut)
    assert sorted(before + after) == sorted(text)
    assert logical_text(line) == text


@given(styled, st.integers(2, 30))
def test_a_line_that_is_written_on_keeps_what_was_shown_above_it(runs, width):
    whole = wrap(runs, width)
    text = "".join(text for text, _ in runs)
    first = next((at for at, c in enumerate(text) if c.isalpha()), len(text)) + 1
    part = wrap([(text[: max(first, len(text) // 2)], NONE)], width)
    plain = [shown(line) for line in whole]
    assert [shown(line) for line in part[:-1]] == plain[: len(part[:-1])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc (שלום) d", "abc (םולש) d"),
        ("שלום (abc) 12%", "12% (abc) םולש"),
        ("שָׁלוֹם", "םוֹלשָׁ"),
        ("מחיר: 1,234.50 ₪", "₪ 1,234.50 :ריחמ"),
        ("قال 123-456", "456-123 لاق"),
        ("א > ב", "ב < א"),
    ],
)
def test_a_phrase_stands_as_it_is_printed(text, expected):
    assert shown(wrap([(text, NONE)], 40)[0]).lstrip() == expected


def test_a_paragraph_from_right_to_left_stands_at_the_right_edge():
    lines = wrap([("אחת שתיים שלוש", NONE)], 11)
    assert [shown(line) for line in lines] == ["  םייתש תחא", "       שולש"]
    assert [logical_text(line) for line in lines] == ["אחת שתיים", "שלוש"]


def test_code_is_read_from_the_left():
    assert [shown(line) for line in chop([("אב = x", NONE)], 10)] == ["בא = x"]


def test_columns_beside_each_other_are_read_apart():
    left, right = (reordered([Segment(text, NONE)], 0) for text in ("אב", "גד"))
    assert logical_text([*left, Segment(" │ "), *right]) == "אב │ גד"


def test_text_of_one_direction_is_left_as_it_is():
    (line,) = wrap([("caf\u00e9 漢字", NONE)], 20)
    assert not any(isinstance(segment.text, Reordered) for segment in line)


def test_a_flag_among_letters_from_right_to_left_stays_that_flag():
    line = reordered([Segment("שלום 🇮🇱 עולם")], 1)
    assert "🇮🇱" in "".join(segment.text for segment in line)
