"""The app's own keys, which work wherever the keyboard is."""

from textual.binding import Binding

from loom.widgets.keys import named

APP_KEYS = named(
    "",
    [
        Binding("ctrl+q", "leave", "Quit", show=False, id="quit"),
        Binding("ctrl+p", "command_palette", "Commands", show=False, priority=True, id="palette"),
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend; the shell's fg comes back",
            show=False,
            priority=True,
            id="suspend",
        ),
        Binding(
            "ctrl+l", "redraw", "Draw the screen again", show=False, priority=True, id="redraw"
        ),
    ],
)
