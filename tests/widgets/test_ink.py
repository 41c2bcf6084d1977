"""Inks: every name has a style, readable in both themes, grey without colours."""

import pytest
from textual.app import App
from textual.color import Color

from loom.core.messages import Message, Text
from loom.markup.ink import INK_NAMES, Inks
from loom.widgets.ink import inks_of
from loom.widgets.message_list import MessageList
from loom.widgets.theme import THEMES

LINES_NOT_TEXT = {"rule", "quote_bar", "table_line"}
ADDED_BY_OTHERS = {"bar", "hit", "mark"}


def luminance(color):
    parts = [part / 255 for part in color.get_truecolor()]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(style):
    light, dark = sorted((luminance(style.color), luminance(style.bgcolor)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def inks_for(theme):
    variables = {**theme.to_color_system().generate(), **theme.variables}
    return inks_of(variables, Color.parse(theme.background))


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", sorted({*INK_NAMES, *ADDED_BY_OTHERS} - LINES_NOT_TEXT))
def test_text_in_every_ink_reaches_wcag_aa(theme, name):
    assert contrast(inks_for(theme)("text", name)) >= 4.5


@pytest.mark.parametrize("name", ["diff_add", "diff_remove"])
@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_line_numbers_of_a_diff_reach_wcag_aa(theme, name):
    assert contrast(inks_for(theme)("text", name, "diff_number")) >= 4.5


@pytest.mark.parametrize("name", ["ansi-dark", "textual-light", "monokai", "gruvbox"])
async def test_any_theme_gives_inks(name):
    app = App()
    async with app.run_test():
        app.theme = name
        assert isinstance(inks_of(app.theme_variables, Color.parse("black")), Inks)


async def test_without_colours_everything_is_grey(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    transcript = MessageList()
    transcript.show([Message("assistant", (Text("# Title\n\n`code` [link](https://e.org)"),))])

    class Grey(App):
        def compose(self):
            yield transcript

    app = Grey()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        for strip in transcript.render_lines(transcript.size.region):
            for segment in strip:
                assert len({*segment.style.color.get_truecolor()}) == 1
