"""Facts on one line: the lightest give way where there is no room for all."""

from typing import NamedTuple

from textual.content import Content

from loom.widgets.cells import ELLIPSIS

_SEPARATOR = " │ "


class Segment(NamedTuple):
    """One fact on the left; where room is short `short` stands in, then the lightest goes."""

    content: Content
    weight: int
    short: Content = Content()


def fit(segments: list[Segment], width: int) -> Content:
    """The segments in order, shortened, then without the lightest; … says some are missing.

    The heaviest always stays, cut to `width` if it must.
    """
    if _joined(segments, len(segments)).cell_length <= width:
        return _joined(segments, len(segments))
    kept = [segment._replace(content=segment.short or segment.content) for segment in segments]
    while len(kept) > 1 and _joined(kept, len(segments)).cell_length > width:
        kept.remove(min(kept, key=lambda segment: segment.weight))
    line = _joined(kept, len(segments))
    return line if line.cell_length <= width else line.truncate(width, ellipsis=True)


def _joined(kept: list[Segment], total: int) -> Content:
    separator = Content.styled(_SEPARATOR, "$rule")
    line = separator.join([segment.content for segment in kept])
    return line if len(kept) == total else line + Content.styled(f" {ELLIPSIS}", "$text-muted")
