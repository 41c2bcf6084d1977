"""The screen of a running app as an SVG, and an SVG back as lines of text.

A run of ASCII in one style is one `<text>`; any other character stands alone, as a viewer may take
its glyph from a font of another width and would put text from right to left in order once more.
Only what a person sees is in it, so that a picture is small and the same in every run.
"""

import re
from collections import Counter
from collections.abc import Iterator
from html import escape, unescape
from typing import Any, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DIMMED_MONOKAI
from textual.app import App

_WIDTH, _HEIGHT, _BASELINE = 12, 23, 18
_RUN = re.compile(
    r"[!-~](?:[ -~]*[!-~])?|([^ -~])(?:\1*)(?:[\u0300-\u036f\u064b-\u065f\u200d\ufe0f]*)"
)
_TEXT = re.compile(r'<text class="\w+" x="(\d+)" y="(\d+)"[^>]*>(.*?)</text>')
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" xml:space="preserve">
<style>text{{font:19.93px "Fira Code","DejaVu Sans Mono",Menlo,monospace}}
{styles}</style>
<rect width="{width}" height="{height}" fill="{ground}"/>
"""


class Run(NamedTuple):
    """Cells of one style from `column` on; `css` is empty for nothing but blanks."""

    row: int
    column: int
    text: str
    ground: str
    css: str


def picture(app: App[Any]) -> str:
    """The whole screen, what shines through behind a modal included."""
    runs = list(_runs(app))
    columns, rows = app.size
    cells: Counter[str] = Counter()
    for run in runs:
        cells[run.ground] += cell_len(run.text)
    ground = max(cells, key=lambda name: cells[name])
    names = {css: f"s{n}" for n, css in enumerate(dict.fromkeys(r.css for r in runs if r.css))}
    head = _HEAD.format(
        width=columns * _WIDTH,
        height=rows * _HEIGHT,
        ground=ground,
        styles="\n".join(f".{name}{{{css}}}" for css, name in names.items()),
    )
    boxes = "".join(_boxes([run for run in runs if run.ground != ground]))
    return head + boxes + "".join(_words(runs, names)) + "</svg>\n"


def text_of(svg: str) -> list[str]:
    """The screen's lines, without styles."""
    lines = [""] * (int(re.search(r'viewBox="0 0 \d+ (\d+)"', svg)[1]) // _HEIGHT)
    for x, y, text in _TEXT.findall(svg):
        row = int(y) // _HEIGHT
        lines[row] = set_cell_size(lines[row], int(x) // _WIDTH) + unescape(text)
    return [line.rstrip() for line in lines]


def _runs(app: App[Any]) -> Iterator[Run]:
    stack = app._background_screens
    update = app.screen._compositor.render_update(full=True, screen_stack=stack, simplify=True)
    for row, strips in enumerate(update.strips):
        column = 0
        for segment in Segment.simplify(part for strip in strips for part in strip):
            yield _run(row, column, segment)
            column += segment.cell_length


def _run(row: int, column: int, segment: Segment) -> Run:
    style = segment.style or Style()
    ink, ground = _colour(style.color, True), _colour(style.bgcolor, False)
    if style.reverse:
        ink, ground = ground, ink
    lines = " ".join(
        ("underline",) * bool(style.underline) + ("line-through",) * bool(style.strike)
    )
    css = f"fill:{ink}" + ";font-weight:bold" * bool(style.bold)
    css += ";font-style:italic" * bool(style.italic) + ";opacity:.6" * bool(style.dim)
    css += f";text-decoration:{lines}" * bool(lines)
    return Run(row, column, segment.text, ground, css if lines or segment.text.strip() else "")


def _colour(colour: Color | None, is_ink: bool) -> str:
    return (colour or Color.default()).get_truecolor(DIMMED_MONOKAI, foreground=is_ink).hex


def _boxes(runs: list[Run]) -> Iterator[str]:
    """Grounds; the same one in the same columns of rows that follow is one box."""
    tops: dict[tuple[int, int, str], list[int]] = {}
    for run in runs:
        rows = tops.setdefault((run.column, cell_len(run.text), run.ground), [])
        rows.append(run.row)
    for (column, width, ground), rows in tops.items():
        for top, count in _stretches(rows):
            size = f'width="{width * _WIDTH}" height="{count * _HEIGHT}"'
            yield f'<rect x="{column * _WIDTH}" y="{top * _HEIGHT}" {size} fill="{ground}"/>\n'


def _stretches(rows: list[int]) -> Iterator[tuple[int, int]]:
    """Rows in rising order as (first, how many) that follow each other."""
    first = rows[0]
    for row, after in zip(rows, [*rows[1:], -1], strict=True):
        if after != row + 1:
            yield first, row - first + 1
            first = after


def _words(runs: list[Run], names: dict[str, str]) -> Iterator[str]:
    for run in (run for run in runs if run.css):
        is_lined = "text-decoration" in run.css
        for part in [re.match(".*", run.text)] if is_lined else _RUN.finditer(run.text):
            x = (run.column + cell_len(run.text[: part.start()])) * _WIDTH
            place = f'x="{x}" y="{run.row * _HEIGHT + _BASELINE}"'
            length = f'textLength="{cell_len(part[0]) * _WIDTH}"'
            text = escape(part[0], quote=False)
            yield f'<text class="{names[run.css]}" {place} {length}>{text}</text>\n'
