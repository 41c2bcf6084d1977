"""Text in terminal cells, of which a wide character takes two."""

from collections.abc import Iterable

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

ELLIPSIS = "…"


def cut(text: str, width: int) -> str:
    """At most `width` cells, ending in … where something is missing."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    return chop_cells(text, width - 1)[0].rstrip() + ELLIPSIS if width > 1 else ELLIPSIS


def cut_left(text: str, width: int) -> str:
    """At most `width` cells, beginning with … where something is missing: for paths."""
    if cell_len(text) <= width:
        return text
    kept = text
    while kept and cell_len(kept) > width - 1:
        kept = kept[1:]
    return ELLIPSIS + kept if width > 0 else ""


def between(left: str, right: str, width: int) -> str:
    """`left` and `right` pushed apart to exactly `width` cells; `left` gives way."""
    right = cut(right, width)
    room = width - cell_len(right) - (1 if right else 0)
    return set_cell_size(cut(left, room), width - cell_len(right)) + right


def strip_of(pieces: Iterable[tuple[str, Style]], width: int, rest: Style) -> Strip:
    """One line of exactly `width` cells from styled pieces, filled up with `rest`."""
    strip = Strip([Segment(text, style) for text, style in pieces if text])
    return strip.adjust_cell_length(width, rest)
