"""Styled text to lines of an exact cell width: words stay whole where they fit, graphemes always.

Source: UAX #14, of which only spaces, ideographs and their closing punctuation are kept.
Lines are cut in the order they are read and then put in the order they stand (UAX #9).
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from loom.markup.drawn import joined
from loom.markup.graphemes import graphemes
from loom.markup.ink import Line
from loom.markup.order import IS_LOGICAL

Run = tuple[str, Style]
"""Text in one style; a line feed in it ends the line."""

_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3"
    "\uf900-\ufaff\uff01-\uff60\U00020000-\U0003fffd"
)
_CLOSING = "、。，．！？：；）」』】〉》〕"
_JOINING = "\u0300-\u036f\u200d\ufe0e\ufe0f"
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ASCII_WORDS = re.compile(r"\S+|[^\S\n]+")
Range = tuple[int, int]


def wrap(runs: Sequence[Run], width: int) -> list[Line]:
    """`runs` as lines of at most `width` cells; spaces at a break are dropped.

    No runs make no lines; an empty line between two line feeds is an empty Line.
    """
    lines, ranges = laid(runs, width)
    text = "".join(run[0] for run in runs)
    if has_right_to_left(text):
        from loom.markup.directions import base_level

        lines = directed(lines, width, base_level(text))
    return joined(lines, text, ranges)


def laid(
    runs: Sequence[Run], width: int, *, is_whole: bool = True
) -> tuple[list[Line], list[Range]]:
    """Lines as they are read, and the characters that each holds.

    What fits on one line is left as it is, spaces at its end too, if that is the whole.
    """
    text = "".join(run[0] for run in runs)
    if not text:
        return [], []
    if is_whole and len(text) <= width and text.isascii() and "\n" not in text:
        return [[Segment(part, style) for part, style in runs if part]], [(0, len(text))]
    ranges = _ranges(text, max(1, width))
    return cut(unbroken(runs, text), ranges), ranges


def chop(runs: Sequence[Run], width: int) -> list[Line]:
    """One line of `runs` cut at exactly `width` cells wherever that falls: code, output."""
    text = "".join(run[0] for run in runs)
    if len(text) <= width and text.isascii():
        return [[Segment(part, style) for part, style in runs if part]]
    ranges = list(_pieces(text, 0, max(1, width)))
    lines = cut(unbroken(runs, text), ranges) or [[]]
    shown = [in_order(line) for line in lines] if has_right_to_left(text) else lines
    return joined(shown, text, ranges)


def in_order(line: Line) -> Line:
    """One line, read from the left, as it stands on the screen: what runs to the left is turned."""
    if IS_LOGICAL.get() or not any(has_right_to_left(segment.text) for segment in line):
        return line
    from loom.markup.bidi import reordered

    return reordered(line, 0)


def directed(lines: list[Line], width: int, base: int) -> list[Line]:
    """Lines of a paragraph of level `base` as they stand; read from the right, they stand there."""
    if not base or IS_LOGICAL.get():
        return [in_order(line) for line in lines]
    from loom.markup.bidi import aligned, reordered

    return [aligned(reordered(line, base), width, width_of(line)) for line in lines]


def unbroken(runs: Sequence[Run], text: str) -> Sequence[Run]:
    """`runs`, which make up `text`, with graphemes whole: in parts they would be wider.

    A highlighter may end a number before the sign that makes a key of it.
    """
    if all(run[0][:1].isascii() for run in runs) and "\u200d" not in text:
        return runs
    ends = [end for _, end, _ in graphemes(text)]
    found: list[Run] = []
    begin = at = 0
    for part, style in runs:
        at += len(part)
        end = ends[bisect_left(ends, at)] if at else 0
        found.append((text[begin:end], style))
        begin = end
    return found


def cut(runs: Sequence[Run], ranges: Iterable[Range]) -> list[Line]:
    """The given ascending character ranges of `runs`, each as a Line."""
    ends = list(accumulate(len(text) for text, _ in runs))
    lines: list[Line] = []
    index = 0
    for start, end in ranges:
        line: Line = []
        while index < len(runs) and ends[index] <= start:
            index += 1
        at = index
        while at < len(runs) and (begin := ends[at] - len(runs[at][0])) < end:
            text, style = runs[at]
            part = text[max(0, start - begin) : end - begin]
            if part:
                line.append(Segment(part, style))
            at += 1
        lines.append(line)
    return lines


def has_right_to_left(text: str) -> bool:
    """Whether a character of `text` may run from right to left."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def width_of(line: Line) -> int:
    """Cells that a line takes."""
    return sum(cell_len(segment.text) for segment in line)


@cache
def _words() -> re.Pattern[str]:
    """Words of any script. Compiled when the first such text comes: it takes milliseconds."""
    # A sign that joins a space widens it: the two are one word, measured together.
    return re.compile(
        rf"[^\S\n][{_JOINING}][^\s{_WIDE}]*"
        rf"|[{_WIDE}][{_CLOSING}]*|[^\s{_WIDE}]+"
        rf"|[^\S\n]+?(?=[^\S\n][{_JOINING}])|[^\S\n]+"
    )


def _ranges(text: str, width: int) -> list[Range]:
    ranges: list[Range] = []
    start = 0
    for paragraph in text.split("\n"):
        ranges.extend(_fill(paragraph, start, width) or [(start, start)])
        start += len(paragraph) + 1
    return ranges


def _fill(text: str, offset: int, width: int) -> list[Range]:
    """Greedy lines of one paragraph, as ranges shifted by `offset`."""
    ranges: list[Range] = []
    begin, end, used, is_ascii = offset, offset, 0, text.isascii()
    words = _ASCII_WORDS if is_ascii else _words()
    for match in words.finditer(text):
        word = match[0]
        start, stop = offset + match.start(), offset + match.end()
        size = len(word) if is_ascii else cell_len(word)
        if used + size <= width:
            end, used = (end if word.isspace() else stop), used + size
            continue
        if word.isspace():
            # Even what takes no cell begins the next line: here it would bring the space back.
            used = width + 1
            continue
        if used:
            ranges.append((begin, end))
        if size > width:
            *whole, (start, stop) = _pieces(word, start, width)
            ranges.extend(whole)
            size = cell_len(text[start - offset : stop - offset])
        begin, end, used = start, stop, size
    return [*ranges, (begin, end)] if end > begin or not ranges else ranges


def _pieces(text: str, offset: int, width: int) -> Iterable[Range]:
    """`text` cut into ranges of at most `width` cells, never inside a grapheme."""
    if text.isascii():
        for at in range(0, len(text), width):
            yield offset + at, offset + min(at + width, len(text))
        return
    begin, used = 0, 0
    for start, _end, size in graphemes(text):
        if used and used + size > width:
            yield offset + begin, offset + start
            begin, used = start, 0
        used += size
    yield offset + begin, offset + len(text)
