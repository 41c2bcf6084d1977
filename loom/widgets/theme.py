"""Loom's themes; style sheets and widgets name the variables set here, never a colour.

Every text colour reaches WCAG AA (4.5:1) on background, surface and panel. Beyond Textual's own
variables there are `added` and `removed` with their backgrounds (diffs) and `rule` (thin lines).
"""

from textual.theme import Theme

from loom.widgets.high_contrast import CONTRAST_DARK, CONTRAST_LIGHT

LOOM_DARK = Theme(
    name="loom-dark",
    dark=True,
    background="#14171c",
    surface="#1a1e25",
    panel="#232932",
    foreground="#d8dce2",
    primary="#7fb8d0",
    secondary="#a9b8cf",
    accent="#dfb36c",
    success="#93c47d",
    warning="#e3b75c",
    error="#ef8a87",
    variables={
        "text": "#d8dce2",
        "text-muted": "#98a2b0",
        "text-disabled": "#7a8492",
        "text-primary": "#7fb8d0",
        "text-secondary": "#a9b8cf",
        "text-accent": "#dfb36c",
        "text-success": "#93c47d",
        "text-warning": "#e3b75c",
        "text-error": "#ef8a87",
        "foreground-muted": "#98a2b0",
        "rule": "#39414d",
        "border": "#7fb8d0",
        "border-blurred": "#39414d",
        "added": "#a3d48d",
        "added-background": "#1c2b20",
        "removed": "#f29c99",
        "removed-background": "#331f22",
        "block-cursor-foreground": "#14171c",
        "block-cursor-background": "#7fb8d0",
        "input-cursor-foreground": "#14171c",
        "input-cursor-background": "#d8dce2",
        "input-selection-background": "#2c485d",
        "scrollbar": "#39414d",
        "scrollbar-hover": "#4d5766",
        "scrollbar-active": "#7fb8d0",
        "scrollbar-background": "#14171c",
        "scrollbar-background-hover": "#14171c",
        "scrollbar-background-active": "#14171c",
        "scrollbar-corner-color": "#14171c",
        "link-color": "#7fb8d0",
        "link-style": "underline",
    },
)
"""Ink with a thread of gold: for dark terminals, the default."""

LOOM_LIGHT = Theme(
    name="loom-light",
    dark=False,
    background="#fbfaf6",
    surface="#f3f1eb",
    panel="#e9e6de",
    foreground="#23272e",
    primary="#1a617c",
    secondary="#46566e",
    accent="#7a4f00",
    success="#2b642c",
    warning="#7a4f00",
    error="#a8231c",
    variables={
        "text": "#23272e",
        "text-muted": "#545c68",
        "text-disabled": "#626974",
        "text-primary": "#1a617c",
        "text-secondary": "#46566e",
        "text-accent": "#7a4f00",
        "text-success": "#2b642c",
        "text-warning": "#7a4f00",
        "text-error": "#a8231c",
        "foreground-muted": "#545c68",
        "rule": "#cbc6ba",
        "border": "#1a617c",
        "border-blurred": "#cbc6ba",
        "added": "#1f5c22",
        "added-background": "#e1f0dc",
        "removed": "#99201a",
        "removed-background": "#fae3df",
        "block-cursor-foreground": "#fbfaf6",
        "block-cursor-background": "#1a617c",
        "input-cursor-foreground": "#fbfaf6",
        "input-cursor-background": "#23272e",
        "input-selection-background": "#bcd8e4",
        "scrollbar": "#cbc6ba",
        "scrollbar-hover": "#a9a396",
        "scrollbar-active": "#1a617c",
        "scrollbar-background": "#fbfaf6",
        "scrollbar-background-hover": "#fbfaf6",
        "scrollbar-background-active": "#fbfaf6",
        "scrollbar-corner-color": "#fbfaf6",
        "link-color": "#1a617c",
        "link-style": "underline",
    },
)
"""Paper and ink: for light terminals."""

THEMES = (LOOM_DARK, LOOM_LIGHT, CONTRAST_DARK, CONTRAST_LIGHT)


def own_variables(theme: Theme, *, has_colours: bool = True) -> dict[str, str]:
    """Values for Loom's own variables under a theme of someone else's.

    An app returns them from `get_theme_variable_defaults`. `cursor-style` is what tells the line
    under a cursor beside its ground.
    """
    colors = theme.to_color_system().generate()
    return {
        "rule": colors["panel-lighten-2" if theme.dark else "panel-darken-2"],
        "added": colors["text-success"],
        "added-background": colors["success-muted"],
        "removed": colors["text-error"],
        "removed-background": colors["error-muted"],
        "cursor-style": "bold" if has_colours else "bold underline",
    }
