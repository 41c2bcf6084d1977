"""Something is going on: braille frames with a label."""

from textual.app import App, RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
STILL = "⠿"
INTERVAL = 0.1
"""Seconds between two frames."""


def frame_at(seconds: float) -> str:
    """The frame shown `seconds` after the start."""
    return FRAMES[int(seconds / INTERVAL) % len(FRAMES)]


def is_still(app: App[object]) -> bool:
    """Whether the person asked for reduced motion (`TEXTUAL_ANIMATIONS=none`)."""
    return app.animation_level == "none"


class Spinner(Widget):
    """Turns while `is_active`, shows nothing otherwise; under reduced motion a still sign."""

    is_active: reactive[bool] = reactive(False)
    """Whether work is going on; the timer runs only then."""
    label: reactive[str] = reactive("", layout=True)
    """What is going on, in a word or two."""

    def __init__(self, label: str = "", *, is_active: bool = False) -> None:
        super().__init__()
        self._frame = 0
        self._timer: Timer | None = None
        self.set_reactive(Spinner.label, label)
        self.set_reactive(Spinner.is_active, is_active)

    def on_mount(self) -> None:
        """Begins to turn when it was made active."""
        self.watch_is_active(self.is_active)

    def watch_is_active(self, is_active: bool) -> None:
        """Starts or ends the timer."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if is_active and self.is_running and not is_still(self.app):
            self._timer = self.set_interval(INTERVAL, self._turn)

    def render(self) -> RenderResult:
        """The frame and the label."""
        if not self.is_active:
            return ""
        frame = STILL if is_still(self.app) else FRAMES[self._frame]
        return Content.assemble((frame, "$text-accent"), (f" {self.label}", "$text-muted"))

    @property
    def is_turning(self) -> bool:
        """Whether a timer runs."""
        return self._timer is not None

    def _turn(self) -> None:
        self._frame = (self._frame + 1) % len(FRAMES)
        self.refresh()
