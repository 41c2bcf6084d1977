"""What a markdown document is made of: frozen blocks of spans, compared by value."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Alignment = Literal["left", "center", "right"]


class Span(NamedTuple):
    """A stretch of text in one style.

    `marks` are ink names, outermost first; `link` is the target as written, not yet judged safe.
    A line feed in `text` is a hard break.
    """

    text: str
    marks: tuple[str, ...] = ()
    link: str = ""


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of `level` 1 to 6."""

    level: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Code:
    """Fenced or indented code; `text` ends without a line feed, `language` is as written."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A block quote."""

    blocks: tuple["Block", ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One list item; `is_done` is None unless it is a task."""

    blocks: tuple["Block", ...]
    is_done: bool | None = None


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; `start` is the first number, None for bullets. Tight lists have no blank lines."""

    items: tuple[Item, ...]
    start: int | None = None
    is_tight: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A GFM table; every row has as many cells as `header`."""

    header: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]
    alignments: tuple[Alignment, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A thematic break."""


@dataclass(frozen=True, slots=True)
class Html:
    """Raw HTML, shown as it was written."""

    text: str


Block = Paragraph | Heading | Code | Quote | Bullets | Table | Rule | Html
