import pytest
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme
from textual.widgets import Static

from loom.markup.ink import INK_NAMES
from loom.widgets.high_contrast import CONTRAST_DARK, CONTRAST_LIGHT
from loom.widgets.ink import inks_of
from loom.widgets.theme import THEMES
from tests.snapshots import Gallery

GROUNDS = ("background", "surface", "panel")
TEXTS = (
    "foreground",
    "text",
    "text-muted",
    "text-primary",
    "text-secondary",
    "text-accent",
    "text-success",
    "text-warning",
    "text-error",
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "added",
    "removed",
)
PAIRS = (
    ("added", "added-background"),
    ("removed", "removed-background"),
    ("text", "added-background"),
    ("text", "removed-background"),
    ("block-cursor-foreground", "block-cursor-background"),
    ("text", "input-selection-background"),
    ("text-accent", "input-selection-background"),
    ("input-cursor-foreground", "input-cursor-background"),
)


LINES = ("rule", "border", "border-blurred", "scrollbar", "block-cursor-background")
HIGH = (CONTRAST_DARK, CONTRAST_LIGHT)


def needed(theme: Theme) -> float:
    """AA, and AAA where the theme promises high contrast."""
    return 7 if theme in HIGH else 4.5


def ratio_of(style: Style) -> float:
    assert style.color and style.bgcolor
    front, back = (each.get_truecolor().hex for each in (style.color, style.bgcolor))
    return contrast(front, back)


def luminance(color: Color) -> float:
    """Source: WCAG 2.2, relative luminance."""
    parts = [part / 255 for part in color.rgb]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))))
    return (light + 0.05) / (dark + 0.05)


def colors_of(theme: Theme) -> dict[str, str]:
    return theme.to_color_system().generate() | theme.variables


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", GROUNDS)
def test_every_text_colour_reaches_aa_on_every_ground(theme: Theme, ground: str) -> None:
    colors = colors_of(theme)
    ratios = {text: contrast(colors[text], colors[ground]) for text in TEXTS}
    assert {text: ratio for text, ratio in ratios.items() if ratio < needed(theme)} == {}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_coloured_grounds_keep_their_text_readable(theme: Theme) -> None:
    colors = colors_of(theme)
    ratios = {pair: contrast(colors[pair[0]], colors[pair[1]]) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < needed(theme)} == {}


@pytest.mark.parametrize("theme", HIGH, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", GROUNDS)
def test_lines_and_marks_of_high_contrast_can_be_seen(theme: Theme, ground: str) -> None:
    colors = colors_of(theme)
    ratios = {line: contrast(colors[line], colors[ground]) for line in LINES}
    assert {line: ratio for line, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", HIGH, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", GROUNDS)
def test_every_ink_of_high_contrast_reaches_aaa(theme: Theme, ground: str) -> None:
    colors = colors_of(theme)
    inks = inks_of(colors, Color.parse(colors[ground]))
    ratios = {name: ratio_of(inks("text", name)) for name in INK_NAMES}
    lines = ("rule", "quote_bar", "table_line")
    assert {n: r for n, r in ratios.items() if r < (4.5 if n in lines else 7)} == {}


@pytest.mark.parametrize("theme", HIGH, ids=lambda theme: theme.name)
def test_a_cursor_of_high_contrast_is_underlined(theme: Theme) -> None:
    assert "underline" in colors_of(theme)["cursor-style"]


def test_every_theme_defines_the_same_variables() -> None:
    dark, *others = (colors_of(theme).keys() - {"cursor-style"} for theme in THEMES)
    assert all(other == dark for other in others)


async def test_every_style_sheet_works_under_textuals_own_themes() -> None:
    async with Gallery(Static("hello")).run_test() as pilot:
        for name in BUILTIN_THEMES:
            pilot.app.theme = name
            assert pilot.app.get_css_variables()["rule"]
            await pilot.pause()


async def test_a_theme_can_be_put_on() -> None:
    app = App[None]()
    for theme in THEMES:
        app.register_theme(theme)
    async with app.run_test():
        app.theme = "loom-light"
        assert app.get_css_variables()["background"] == "#FBFAF6"
