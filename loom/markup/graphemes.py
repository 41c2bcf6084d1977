"""Where a text may be cut or turned round: between grapheme clusters.

Source: UAX #29, of which Rich keeps all but the pairs of flags (GB12, GB13).
"""

import re

from rich.cells import cell_len, split_graphemes

Grapheme = tuple[int, int, int]
"""Where it starts and ends in the text, and its size in cells."""

_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")


def graphemes(text: str) -> list[Grapheme]:
    """The clusters of `text` in order, without gaps; two regional indicators are a flag."""
    spans = split_graphemes(text)[0]
    if "\u200d" in text:
        # A joiner with nothing before it takes the size of what follows, in Rich's eyes alone.
        spans = [(start, end, size or cell_len(text[start:end])) for start, end, size in spans]
    if text.isascii() or not _FLAG.search(text):
        return spans
    found: list[Grapheme] = []
    is_half = False
    for start, end, size in spans:
        is_indicator = _FLAG.match(text, start) is not None
        if is_indicator and is_half:
            found[-1] = (found[-1][0], end, found[-1][2] + size)
            is_half = False
        else:
            found.append((start, end, size))
            is_half = is_indicator and end == start + 1
    return found
