"""The one place where semantic names meet the theme's colours."""

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color, ColorParseError

from loom.markup.ink import Inks

_ROWS = """
text            foreground      -                   -
muted           text-muted      -                   -
accent          text-accent     -                   -
success         text-success    -                   -
warning         text-warning    -                   -
error           text-error      -                   -
person          text            -                   -
thinking        text-muted      -                   italic
heading1        text-primary    -                   bold underline
heading2        text-primary    -                   bold
heading3        text            -                   bold
strong          -               -                   bold
emphasis        -               -                   italic
strike          -               -                   strike
link            text-primary    -                   underline
code            text-accent     -                   -
html            text-muted      -                   -
image           text-secondary  -                   -
quote           text-secondary  -                   -
quote_bar       rule            -                   -
rule            rule            -                   -
list_mark       text-primary    -                   -
table_header    -               -                   bold
table_line      rule            -                   -
code_block      text            surface             -
code_label      text-muted      -                   -
keyword         text-primary    -                   bold
name            text            -                   -
function        text-secondary  -                   -
type            text-accent     -                   -
string          text-success    -                   -
number          text-warning    -                   -
comment         text-muted      -                   italic
operator        text            -                   -
constant        text-warning    -                   -
diff_file       text            -                   bold
diff_hunk       text-muted      -                   -
diff_context    text            -                   -
diff_add        added           added-background    -
diff_remove     removed         removed-background  -
diff_number     text-muted      -                   -
bar             text-primary    -                   bold
cursor          text-accent     -                   bold
selection       -               input-selection-background  -
mark            background      primary             bold
hit             background      text-accent         bold        underline
"""
"""Ink, foreground, background (theme variables, `-` for what lies beneath), attributes."""

_FALLBACKS = {
    "rule": "border-blurred",
    "border-blurred": "panel",
    "added": "text-success",
    "removed": "text-error",
    "added-background": "surface",
    "removed-background": "surface",
    "input-selection-background": "primary",
    "text": "foreground",
    "text-muted": "foreground",
}


def inks_of(variables: Mapping[str, str], background: Color) -> Inks:
    """The style table of a theme.

    Args:
        variables: the theme's variables as Textual resolves them (`App.theme_variables`).
        background: what text lies on where its ink says nothing else.
    """
    palette = _Palette(variables, background)
    styles: dict[str, Style] = {}
    for row in _ROWS.strip().splitlines():
        name, foreground, behind, *attributes = row.split()
        styles[name] = palette.style(foreground, behind, attributes)
    base = Style(bgcolor=background.rich_color)
    return Inks({**styles, "text": base + styles["text"]})


class _Palette:
    """Theme variables as colours, each laid on the background where it is translucent."""

    def __init__(self, variables: Mapping[str, str], background: Color) -> None:
        self._variables = variables
        self._background = background

    def style(self, foreground: str, behind: str, attributes: list[str]) -> Style:
        color, bgcolor = self._color(foreground), self._color(behind)
        drawn = Style.from_color(
            color.rich_color if color else None, bgcolor.rich_color if bgcolor else None
        )
        words = " ".join(word for word in attributes if word != "-")
        return drawn + Style.parse(words) if words else drawn

    def _color(self, name: str) -> Color | None:
        """The variable's colour; one that is missing or relative (`auto 87%`) its fallback's."""
        if name == "-":
            return None
        try:
            color = Color.parse(self._variables.get(name, "").partition(" ")[0] or "auto")
        except ColorParseError:
            color = Color(0, 0, 0, 0, auto=True)
        if color.auto or (color.a == 0 and color.ansi is None):
            fallback = _FALLBACKS.get(name)
            return self._color(fallback) if fallback else None
        return color if color.ansi is not None else self._background + color
