"""Sixteen colours, whose values the person's own palette says: pairs that can be read in any.

Rich takes the nearest colour of one palette for each colour by itself, so that an ink may end up on
a ground like it, and elsewhere be something else: in Solarized the second eight are greys.
"""

import colorsys
from functools import lru_cache

from rich.color import Color as InkColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

BLACK, BLUE, CYAN, WHITE = 0, 4, 6, 7
GREY, BRIGHT_WHITE = 8, 15

_GROUNDS = ((0.04, BLACK), (0.3, BLUE), (0.72, CYAN))
"""Up to which relative luminance a ground becomes what: plain ones are dark or light, what is
selected or under a cursor lies between."""

_HUES = (
    (20, "red"),
    (70, "yellow"),
    (160, "green"),
    (200, "cyan"),
    (265, "blue"),
    (330, "magenta"),
)
"""Up to which angle a hue is called so; beyond the last it is red again."""

_ON_BLACK = {"red": 9, "yellow": 3, "green": 2, "cyan": 6, "blue": 12, "magenta": 13}
_ON_WHITE = {"red": 1, "cyan": 4, "blue": 4, "magenta": 5}
"""What has 3:1 there on xterm's palette, and is no grey in the others; the rest becomes black."""

_GREY_INK, _GREY_GROUND = 0.2, 0.04
"""Chroma (of 1) below which an ink is a grey, and a ground is plain: at most it is dimmed."""

_DARK = 0.18
"""Relative luminance up to which a plain ground is a dark one."""

_FAINT = 0.08
"""Relative luminance up to which a grey on black, and 1 less it on white, is but a line."""


class FewColours(LineFilter):
    """Gives each ink one of the sixteen that can be read on its ground."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """As the base; `background` is what lies under segments without a ground."""
        under = background.rich_color
        return [
            segment
            if segment.style is None
            else Segment(segment.text, reduced(segment.style, under))
            for segment in segments
        ]


@lru_cache(1024)
def reduced(style: Style, background: InkColor) -> Style:
    """The style in sixteen colours; faint inks are not dimmed further."""
    ground = _ground(style.bgcolor or background)
    ink = None if style.color is None else _ink(style.color, ground)
    return style + Style(
        color=None if ink is None else InkColor.from_ansi(ink),
        bgcolor=None if style.bgcolor is None else InkColor.from_ansi(ground),
        dim=False if style.dim else None,
    )


def _ground(color: InkColor) -> int:
    luminance = _luminance(color)
    if _chroma(color) < _GREY_GROUND:
        return BLACK if luminance < _DARK else WHITE
    return next((ground for most, ground in _GROUNDS if luminance < most), WHITE)


def _ink(color: InkColor, ground: int) -> int:
    if ground in (BLUE, CYAN):
        return BRIGHT_WHITE if ground == BLUE else BLACK
    red, green, blue = color.get_truecolor().normalized
    if _chroma(color) < _GREY_INK:
        return _grey(_luminance(color), ground)
    hue, _, _ = colorsys.rgb_to_hsv(red, green, blue)
    name = next((name for most, name in _HUES if hue * 360 < most), "red")
    return _ON_BLACK[name] if ground == BLACK else _ON_WHITE.get(name, BLACK)


def _grey(luminance: float, ground: int) -> int:
    if ground == BLACK:
        bright = BRIGHT_WHITE if luminance > 0.5 else WHITE
        return GREY if luminance < _FAINT else bright
    return GREY if luminance > 1 - 5 * _FAINT else BLACK


def _chroma(color: InkColor) -> float:
    parts = color.get_truecolor().normalized
    return max(parts) - min(parts)


def _luminance(color: InkColor) -> float:
    """Source: WCAG 2.2, relative luminance."""
    parts = color.get_truecolor().normalized
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
