import pytest
from textual.app import App
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme
from textual.widgets import Static

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
    assert {text: ratio for text, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_coloured_grounds_keep_their_text_readable(theme: Theme) -> None:
    colors = colors_of(theme)
    ratios = {pair: contrast(colors[pair[0]], colors[pair[1]]) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


def test_both_themes_define_the_same_variables() -> None:
    dark, light = (colors_of(theme).keys() for theme in THEMES)
    assert dark == light


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
