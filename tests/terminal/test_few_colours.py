"""Whatever the theme, sixteen colours can be read."""

import re
from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style

from loom.terminal.few_colours import GREY, reduced

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
PALETTES = {
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5"
    " 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "vga": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa"
    " 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "tango": "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf"
    " 555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec",
    "solarized": "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5"
    " 002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3",
}


def luminance(color: str) -> float:
    """Source: WCAG 2.2, relative luminance."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(palette: str, ink: int, ground: int) -> float:
    colors = PALETTES[palette].split()
    dark, light = sorted((luminance(colors[ink]), luminance(colors[ground])))
    return (light + 0.05) / (dark + 0.05)


def pairs_in(svg: str) -> set[tuple[str, str]]:
    """(ink, ground) of each piece of text in a picture."""
    inks = dict(re.findall(r"\.(s\d+)\{fill:(#\w+)", svg))
    grounds = {}
    box = r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="23" fill="(#\w+)"'
    for x, y, width, ground in re.findall(box, svg):
        for column in range(int(x), int(x) + int(width), 12):
            grounds[column, int(y) // 23] = ground
    (base,) = re.findall(r'<rect width="\d+" height="\d+" fill="(#\w+)"', svg)
    said = re.findall(r'<text class="(\w+)" x="(\d+)" y="(\d+)"[^>]*>[^<]*\w', svg)
    places = [(inks[name], (int(x), int(y) // 23)) for name, x, y in said if name in inks]
    return {(ink, grounds.get(place, base)) for ink, place in places}


def in_sixteen(ink: str, ground: str) -> tuple[int, int]:
    style = reduced(Style(color=ink, bgcolor=ground), Color.parse(ground))
    assert style.color and style.bgcolor
    assert style.color.number is not None and style.bgcolor.number is not None
    return style.color.number, style.bgcolor.number


@pytest.mark.parametrize(
    ("palette", "least"), [(name, 3 if name != "solarized" else 2.4) for name in PALETTES]
)
@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
def test_every_pair_of_the_pictures_can_be_read(theme: str, palette: str, least: float) -> None:
    pictures = [path.read_text() for path in SNAPSHOTS.glob(f"*-{theme}-80x24.svg")]
    used = set().union(*map(pairs_in, pictures))
    assert len(used) > 20
    ratios = {pair: contrast(palette, *in_sixteen(*pair)) for pair in used}
    # What lies faint behind a question is grey; it is no text that has to be read now.
    hard = {pair: ratio for pair, ratio in ratios.items() if ratio < least}
    assert {pair for pair in hard if in_sixteen(*pair)[0] != GREY} == set()
    assert palette != "xterm" or hard == {}


def test_what_is_selected_or_under_a_cursor_has_a_ground_of_its_own() -> None:
    assert in_sixteen("#d8dce2", "#2c485d")[1] != in_sixteen("#d8dce2", "#14171c")[1]
    assert in_sixteen("#14171c", "#7fb8d0")[1] != in_sixteen("#d8dce2", "#14171c")[1]
    assert in_sixteen("#23272e", "#bcd8e4")[1] != in_sixteen("#23272e", "#fbfaf6")[1]


def test_other_attributes_stay_and_no_ink_is_dimmed() -> None:
    style = reduced(
        Style(color="#98a2b0", bold=True, underline=True, dim=True), Color.parse("#14171c")
    )
    assert style.bold and style.underline and not style.dim and style.bgcolor is None
