"""What a markdown document is made of: frozen blocks of spans, compared by value."""

from typing import Literal, NamedTuple

from msgspec import Struct

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


class Paragraph(Struct, frozen=True):
    """Running text."""

    spans: Spans


class Heading(Struct, frozen=True):
    """A heading of `level` 1 to 6."""

    level: int
    spans: Spans


class Code(Struct, frozen=True):
    """Fenced or indented code; `text` ends without a line feed, `language` is as written."""

    text: str
    language: str = ""


class Quote(Struct, frozen=True):
    """A block quote."""

    blocks: tuple["Block", ...]


class Item(Struct, frozen=True):
    """One list item; `is_done` is None unless it is a task."""

    blocks: tuple["Block", ...]
    is_done: bool | None = None


class Bullets(Struct, frozen=True):
    """A list; `start` is the first number, None for bullets. Tight lists have no blank lines."""

    items: tuple[Item, ...]
    start: int | None = None
    is_tight: bool = True


class Table(Struct, frozen=True):
    """A GFM table; every row has as many cells as `header`."""

    header: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]
    alignments: tuple[Alignment, ...]


class Rule(Struct, frozen=True):
    """A thematic break."""


class Html(Struct, frozen=True):
    """Raw HTML, shown as it was written."""

    text: str


Block = Paragraph | Heading | Code | Quote | Bullets | Table | Rule | Html
