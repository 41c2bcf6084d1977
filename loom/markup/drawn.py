"""What in a line is ours and not the text's: it is shown as any segment, and never copied."""

from collections.abc import Sequence

from rich.segment import Segment

from loom.markup.ink import Line


class Drawn(Segment):
    """A bar, a number, a label, a fill: drawn beside the text."""


class Between(Drawn):
    """What stands between two cells of a row."""


class Margin(Drawn):
    """Left of a line of code: nothing before it belongs to the code."""


class Aside(Drawn):
    """A line that has this is ours as a whole: a rule, what is folded away."""


class CodeLabel(Aside):
    """Above a block of code, its language."""


class Wrapped(Segment):
    """Text that goes on from the line above; a space between them was left out."""


class Broken(Segment):
    """Text that goes on from the line above, in the middle of a word."""


def drawn(line: Line) -> Line:
    """A whole line of ours."""
    return [Aside(text, style) for text, style, _ in line]


def joined(lines: list[Line], text: str, ranges: Sequence[tuple[int, int]]) -> list[Line]:
    """`lines`, cut out of `text` at `ranges`, each of which knows whether it goes on."""
    for at in range(1, len(lines)):
        gap = text[ranges[at - 1][1] : ranges[at][0]]
        if lines[at] and "\n" not in gap:
            first = lines[at][0]
            lines[at][0] = (Wrapped if gap else Broken)(first.text, first.style)
    return lines
