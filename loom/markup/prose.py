"""The text of a paragraph, a heading or a cell: marks, links and breaks, read in parts.

A part ends at a sure place: a space between plain words before which every mark has its partner.
Nothing that follows can change what is before it, so the parts read as the whole would. A mark
that waits for its partner for too long is shown as it stands: the part ends without it. Where
parts end depends on the text alone, and not on how much of it was there at a time.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from loom.markup.blocks import Span, Spans
from loom.markup.clean import visible
from loom.markup.limits import PART
from loom.markup.settled import settled

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

References = dict[str, Any]
"""Link definitions by label, as markdown-it keeps them; parsing adds to it, the first one wins."""

_STRETCH = 400
"""Characters after which a sure place is looked for, and again after as many."""

_KEPT = 64_000
"""Characters of parts that are remembered."""

_MARKS = {"strong": "strong", "em": "emphasis", "s": "strike"}
_LINE_BREAKS = ("<br>", "<br/>", "<br />")
_PLACE = re.compile(r"(?<=[\w.,;:)]) (?=\w)")
_LOOSE = re.compile(r"[*`\[\]<&\\]|~~|(?<!\w)_|_(?!\w)")
_HARMLESS = re.compile(
    r"(?<!\S)\*(?!\S)|\[[^\[\]*`<&\\_~]*\](?![(\[:])|<(?![A-Za-z/!?])|&(?!#?\w{1,31};)"
)


@cache
def parser() -> "MarkdownIt":
    """The one parser; building its rule tables costs more than parsing a page."""
    from loom.markup.rules import bounded_parser

    return bounded_parser()


class Prose:
    """Reads text; what it has read it does not read again.

    Attributes:
        references: the definitions that links are looked up in.
    """

    def __init__(self, references: References) -> None:
        self.references = references
        self._parts: dict[str, Spans] = {}
        self._size = 0
        self._sure = ""
        self._at = 0
        self._spans: list[Span] = []

    def look_up_in(self, references: References) -> None:
        """From now on links are looked up there."""
        if references != self.references:
            self.forget()
        self.references = references

    def forget(self) -> None:
        """All that was read."""
        self._parts.clear()
        self._size = 0
        self._sure, self._at, self._spans = "", 0, []

    def read(self, text: str) -> Spans:
        """The spans of a whole text."""
        if len(text) <= _STRETCH:
            return self._part(text)
        if not text.startswith(self._sure):
            self._sure, self._at, self._spans = "", 0, []
        while cut := self._cut(text):
            _extend(self._spans, self._part(text[self._at : cut]))
            self._at = cut
            if text[cut] == " ":
                _extend(self._spans, (Span(" "),))
                self._at += 1
        spans = self._spans[:]
        _extend(spans, self._part(text[self._at :]))
        return tuple(spans)

    def _cut(self, text: str) -> int:
        """Where the next part ends; 0 while that is not known."""
        at, place = self._at, 0
        for size in range(_STRETCH, PART + 1, _STRETCH):
            if len(text) <= at + size:
                return 0
            place = _last_place(text[at : at + size])
            if place and _is_settled(self._part(text[at : at + place])):
                break
        self._sure = text[: at + size + 1]
        return at + (place or PART)

    def _part(self, text: str) -> Spans:
        spans = self._parts.get(text)
        if spans is None:
            self._size += len(text)
            if self._size > _KEPT:
                self._parts.clear()
                self._size = len(text)
            spans = self._parts[text] = _read(text, self.references)
        return spans


def _read(text: str, references: References) -> Spans:
    spans: Spans = ()
    for token in parser().parseInline(text, {"references": references}):
        spans += _spans(token)
    return spans


def _last_place(text: str) -> int:
    """The last space between plain words that no open mark is before."""
    places = [found.start() for found in _PLACE.finditer(text, 0, settled(text))]
    return places[-1] if places else 0


def _is_settled(spans: Spans) -> bool:
    """Whether no mark in these spans is left without its partner."""
    plain = "".join("x" if span.marks or span.link else span.text for span in spans)
    return _LOOSE.search(_HARMLESS.sub("", plain)) is None


def _extend(spans: list[Span], more: Spans) -> None:
    """Add spans; text of one style that meets is one span."""
    if spans and more and spans[-1][1:] == more[0][1:] and more[0].text != "\n":
        spans[-1] = spans[-1]._replace(text=spans[-1].text + more[0].text)
        more = more[1:]
    spans.extend(more)


def _spans(token: "Token") -> Spans:
    """An inline token's children with the marks and the link that stand open at each."""
    found: list[Span] = []
    marks: list[str] = []
    links: list[str] = []
    for child in token.children or ():
        kind, _, edge = child.type.rpartition("_")
        if kind == "link":
            links.append(str(child.attrs.get("href", ""))) if edge == "open" else links.pop()
        elif kind in _MARKS:
            marks.append(_MARKS[kind]) if edge == "open" else marks.pop()
        else:
            text, mark, link = _leaf(child)
            if text:
                own = (*marks, mark) if mark else tuple(marks)
                found.append(Span(text, own, link or (links[-1] if links else "")))
    return tuple(found)


def _leaf(child: "Token") -> tuple[str, str, str]:
    """One childless inline token as (text, mark, link)."""
    match child.type:
        case "code_inline":
            return visible(child.content), "code", ""
        case "softbreak":
            return " ", "", ""
        case "hardbreak":
            return "\n", "", ""
        case "html_inline":
            is_break = child.content.lower() in _LINE_BREAKS
            return ("\n", "", "") if is_break else (child.content, "html", "")
        case "image":
            alternative = "".join(_leaf(inner)[0] for inner in child.children or ())
            return f"[image {alternative}]", "image", str(child.attrs.get("src", ""))
        case _:
            # Only an entity puts a line feed here, and that is white space.
            return visible(child.content).replace("\n", " "), "", ""
