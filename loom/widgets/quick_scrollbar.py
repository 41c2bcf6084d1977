"""A scrollbar that is drawn anew only where its thumb moved."""

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip


class QuickScrollBar(ScrollBar):
    """Textual's vertical scrollbar without its styles cache, which costs more than the bar."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """The bar's cells, of which equal ones are the same strip."""
        bar = self.render()
        if not isinstance(bar, ScrollBarRender):
            return super().render_lines(crop)
        strips = _cells(bar, self.size.height)
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips[crop.y : crop.bottom]


def _cells(bar: ScrollBarRender, height: int) -> list[Strip]:
    style = bar.style
    if isinstance(style, str):
        raise TypeError("a scrollbar is drawn in a style, not in the name of one")
    drawn = bar.render_bar(
        size=height,
        virtual_size=bar.virtual_size,
        window_size=bar.window_size,
        position=bar.position,
        thickness=bar.thickness,
        vertical=True,
        back_color=style.bgcolor or Color.default(),
        bar_color=style.color or Color.default(),
    )
    ground = Style(bgcolor=style.bgcolor)
    known: dict[int, Strip] = {}
    for segment in drawn.segments:
        if id(segment) not in known:
            known[id(segment)] = Strip([*Segment.apply_style([segment], ground)], bar.thickness)
    return [known[id(segment)] for segment in drawn.segments]
