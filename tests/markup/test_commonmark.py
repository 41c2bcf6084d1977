"""Every example of the CommonMark specification, at once and in pieces."""

import json
import random
import re
from html import unescape
from pathlib import Path

import pytest

from loom.markup.parse import parse
from tests.markup.page import Page, letters, outline
from tests.markup.test_stream import split, streamed

EXAMPLES = json.loads((Path(__file__).parent / "data/commonmark-0.31.2.json").read_text("utf-8"))
"""Markdown, HTML and section of each example, in the order of the specification."""

NUMBERS = range(1, len(EXAMPLES) + 1)

OTHER = {574, 602, 608, 611, 612}
"""Loom names an image in an image's description, and bare addresses are links, as GFM has it."""


def has_html(node):
    """Whether an outline shows HTML as it was written."""
    return node == "html" or (isinstance(node, tuple | list) and any(map(has_html, node)))


RAW = {at for at in NUMBERS if has_html(outline(parse(EXAMPLES[at - 1]["markdown"])))}

SEED = random.randrange(1_000_000)


def test_every_example_in_pieces_gives_the_blocks_of_the_whole():
    chance = random.Random(SEED)
    for number, example in enumerate(EXAMPLES, 1):
        text = example["markdown"]
        cuts = [chance.randrange(len(text) + 1) for _ in range(chance.randrange(1, 9))]
        pieces = split(text, cuts)
        assert streamed(pieces) == parse(text), (number, pieces, f"seed {SEED}")


def test_every_example_letter_by_letter_gives_the_blocks_of_the_whole():
    for number, example in enumerate(EXAMPLES, 1):
        assert streamed(example["markdown"]) == parse(example["markdown"]), number


@pytest.mark.parametrize("number", [at for at in NUMBERS if at not in RAW | OTHER])
def test_every_example_has_the_blocks_and_spans_of_the_specification(number):
    example = EXAMPLES[number - 1]
    assert outline(parse(example["markdown"])) == Page(example["html"]).outline


@pytest.mark.parametrize("number", sorted(RAW))
def test_every_example_with_html_has_the_text_of_the_specification(number):
    example = EXAMPLES[number - 1]
    shown = letters(outline(parse(example["markdown"])))
    assert without_tags(shown) == without_tags(unescape(example["html"]))


def without_tags(text):
    return re.sub(r"\s|⏎", "", re.sub(r"<[^<>]*>", "", text))


def test_the_examples_that_show_html_are_those_that_hold_it():
    assert {at for at in NUMBERS if "<" in EXAMPLES[at - 1]["markdown"]} >= RAW
    assert len(RAW) == 72
