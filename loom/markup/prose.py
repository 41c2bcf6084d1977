"""A paragraph that is still being written: what stands before a sure place is not read again.

A place is sure where a space stands between plain words and every mark before it has found its
partner: nothing that follows can change what is before it.
"""

import re
from typing import TYPE_CHECKING

from loom.markup.blocks import Block, Paragraph, Span, Spans
from loom.markup.growing import OpenRun
from loom.markup.parse import References, build, tokens
from loom.markup.settled import settled

if TYPE_CHECKING:
    from markdown_it.token import Token

_STRETCH = 400
"""Characters that may be read again with each piece before a place is looked for."""

_MOST = 2_000
"""A mark that waits for its partner for longer is shown as it stands until the block ends."""

_LEAD = "x "
_PLACE = re.compile(r"(?<=[\w.,;:)]) (?=\w)")
_LOOSE = re.compile(r"[*`\[\]<&\\]|~~|(?<!\w)_|_(?!\w)")
_HARMLESS = re.compile(
    r"(?<!\S)\*(?!\S)|\[[^\[\]*`<&\\_~]*\](?![(\[:])|<(?![A-Za-z/!?])|&(?!#?\w{1,31};)"
)
_MAY_DEFINE = re.compile(r" {0,3}\[(?![^\[\]]*\][^:])")


class OpenProse(OpenRun):
    """A paragraph; the rest of it is read behind a word that stands for what is kept."""

    def __init__(self, references: References) -> None:
        super().__init__()
        self._references = references
        self._spans: Spans = ()
        self._next_look = _STRETCH

    def joined(self, rest: Block) -> Block | None:
        """The paragraph that ends with the spans of `rest`."""
        if not isinstance(rest, Paragraph):
            return None
        spans = self._behind(rest.spans)
        return None if spans is None else Paragraph(spans)

    def advance(self, found: "list[Token]", rest: Block, text: str) -> None:
        """Keep all before the last sure place, once there is enough of it."""
        if not isinstance(rest, Paragraph) or len(text) < self._next_look:
            return
        place = _last_place(text)
        self._next_look = len(text) + _STRETCH
        if not place or _MAY_DEFINE.match(text):
            return
        read = build(tokens(text[:place], dict(self._references)))
        if len(read) != 1 or not isinstance(read[0], Paragraph):
            return
        spans = self._behind(read[0].spans)
        if spans and (_is_settled(read[0].spans) or len(text) > _MOST):
            self._spans = _merged(spans, (Span(" "),))
            self.size += place + 1 - len(self.lead)
            self.lead, self._next_look = _LEAD, _STRETCH

    def _behind(self, spans: Spans) -> Spans | None:
        """Kept spans and these, without the word they stand behind."""
        if not self.lead:
            return spans
        if not spans or spans[0].marks or spans[0].link or not spans[0].text.startswith(_LEAD):
            return None
        first = spans[0]._replace(text=spans[0].text.removeprefix(_LEAD))
        return _merged(self._spans, (first, *spans[1:]) if first.text else spans[1:])


def _last_place(text: str) -> int:
    """The last space between plain words that no open mark and no cell of a table is before."""
    limit = settled(text)
    places = [found.start() for found in _PLACE.finditer(text, 0, limit)]
    while places:
        place = places.pop()
        line = text.rfind("\n", 0, place) + 1
        if text.find("|", line, place) < 0:
            return place
        places = [other for other in places if other < line]
    return 0


def _is_settled(spans: Spans) -> bool:
    """Whether no mark in these spans is left without its partner."""
    plain = "".join("x" if span.marks or span.link else span.text for span in spans)
    return _LOOSE.search(_HARMLESS.sub("", plain)) is None


def _merged(one: Spans, other: Spans) -> Spans:
    """Spans one after the other; text of one style that meets is one span."""
    if one and other and one[-1][1:] == other[0][1:] and other[0].text != "\n":
        middle = one[-1]._replace(text=one[-1].text + other[0].text)
        return (*one[:-1], middle, *other[1:])
    return (*one, *other)
