"""Textual's compositor, less what it renders in vain.

For a partial update Textual renders every widget within the rectangle around all that changed: a
sign that turns at the bottom and a word that is written at the top are all of the screen.
"""

from collections.abc import Iterable

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Chops = list[dict[int, Strip | None]]
Span = tuple[int, int, int]
"""Line, first column, column after the last."""


class FrugalCompositor(Compositor):
    """Renders only widgets that are to be painted, in the lines that are to be painted."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Strips for all that is dirty; None when nothing is."""
        screen = self.size.region
        regions = [region.intersection(screen) for region in self._dirty_regions]
        self._dirty_regions.clear()
        spans = _spans(regions)
        if not spans:
            return None
        return ChopsUpdate(self._touched(spans), spans, [cuts[1:] for cuts in self.cuts])

    def _touched(self, spans: list[Span]) -> Chops:
        """For each line of the screen its strips by column, where `spans` touch them."""
        rows: Chops = [{} for _ in self.cuts]
        for y, _, _ in spans:
            rows[y] = dict.fromkeys(self.cuts[y][:-1])
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            lines = [y for y, first, last in spans if _is_open(rows[y], seen, y, first, last)]
            if lines:
                self._fill(rows, widget, region, seen, lines)
        return rows

    def _fill(
        self, rows: Chops, widget: Widget, region: Region, seen: Region, lines: list[int]
    ) -> None:
        """Put a widget's strips where nothing that lies above it is."""
        top, bottom = lines[0], lines[-1] + 1
        crop = Region(seen.x - region.x, top - region.y, seen.width, bottom - top)
        strips = widget.render_lines(crop)
        for y in dict.fromkeys(lines):
            row = rows[y]
            cuts = [cut for cut in self.cuts[y] if seen.x <= cut <= seen.right]
            pieces = strips[y - top].divide([cut - seen.x for cut in cuts[1:]])
            for x, piece in zip(cuts, pieces, strict=False):
                if row[x] is None:
                    row[x] = piece


def _is_open(row: dict[int, Strip | None], seen: Region, y: int, first: int, last: int) -> bool:
    """Whether a span needs what is seen of a widget: nothing above it covers it there."""
    if not (seen.y <= y < seen.bottom and first < seen.right and last > seen.x):
        return False
    return any(strip is None and seen.x <= x < seen.right for x, strip in row.items())


def _spans(regions: Iterable[Region]) -> list[Span]:
    return list(Compositor._regions_to_spans(region for region in regions if region))
