"""The last line: what the agent does and for how long, what it uses, and which keys help now."""

import time
from collections.abc import Callable
from typing import Self

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from loom.core.protocol import Mode
from loom.markup.clean import one_line
from loom.widgets.cells import cut
from loom.widgets.labels import cost, elapsed, tokens
from loom.widgets.shortcuts import SHORTCUTS, Shortcut, Shortcuts
from loom.widgets.spinner import INTERVAL, STILL, frame_at, is_still
from loom.widgets.status_line import Segment, fit

STATE_WORDS: dict[str, str] = {
    "waiting_for_user_input": "ready",
    "calling_llm": "thinking",
    "processing_llm_response": "thinking",
    "executing_tools": "running tools",
    "post_tools_hook": "finishing up",
    "compacting": "compacting",
    "error": "failed",
    "shutting_down": "closing",
}
"""A word for each name of a state."""

_MODE_STYLES: dict[Mode, str] = {
    "ask": "$text-muted",
    "edit": "$text-primary",
    "auto": "$text-warning",
    "plan": "$text-secondary",
}
_GAUGE_CELLS = 6


class StatusBar(Widget):
    """One line whose parts give way by weight; its only timer runs while the agent works."""

    state: reactive[str] = reactive("waiting_for_user_input")
    """The state machine's state, by its name in `loom.core.state`."""
    working_since: reactive[float | None] = reactive[float | None](None)
    """Unix seconds when the turn began; None at rest."""
    is_asking: reactive[bool] = reactive(False)
    """Whether a tool call waits for the person."""
    is_aside: reactive[bool] = reactive(False)
    """Whether the person closed the question for now: its keys do not answer it."""
    retry_at: reactive[int] = reactive(0)
    """Unix ms of the next attempt; 0 when none is armed."""
    retry_label: reactive[str] = reactive("")
    """Which attempt that is: `2 of 3`."""
    is_writing: reactive[bool] = reactive(False)
    """Whether the answer's words are coming in: the model thinks no more."""
    context_tokens: reactive[int] = reactive(0)
    """Tokens of the window in use."""
    context_limit: reactive[int] = reactive(0)
    """Size of the window in tokens; 0 when unknown."""
    cost_usd: reactive[float | None] = reactive[float | None](None)
    """The thread's cost; None when prices are unknown."""
    mode: reactive[Mode] = reactive[Mode]("ask")
    """The permission mode."""
    branch: reactive[str] = reactive("")
    """The workspace's git branch."""
    place: reactive[str] = reactive("input")
    """What has the keyboard: a row of SHORTCUTS, or `input`."""
    is_mouse_free: reactive[bool] = reactive(False)
    """Whether the terminal has the mouse, for a selection of its own."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        shortcuts: Shortcuts = SHORTCUTS,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._shortcuts = shortcuts
        self._timer: Timer | None = None
        self._second = 0
        self._frame = ""
        self._drawn: Strip | None = None
        self._drawn_for = ""

    def on_mount(self) -> None:
        """Runs on when a turn was already under way."""
        self.watch_working_since(self.working_since)

    def watch_working_since(self, since: float | None) -> None:
        """Starts or ends the timer."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if since is not None and self.is_running:
            interval = 1.0 if is_still(self.app) else INTERVAL
            self._timer = self.set_interval(interval, self._tick)

    def watch_state(self, state: str) -> None:
        """A retry is over as soon as the state moves on."""
        if state != "error":
            self.retry_at = 0

    def render(self) -> RenderResult:
        """Facts on the left, keys on the right, in exactly the width there is."""
        width = self.size.width
        # A question's two answers belong together.
        first = self._keys(2 if self.situation == "asking" else 1)
        room = width - first.cell_length - 2 if width >= 3 * first.cell_length else width
        facts = fit(self._segments(), room)
        keys = self._keys(99, width - facts.cell_length - 2)
        blank = " " * max(0, width - facts.cell_length - keys.cell_length)
        return facts + blank + keys

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """What is to be painted is to be rendered."""
        self._drawn = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The line, rendered when something in it is another than before."""
        if crop.size != self.outer_size:
            return super().render_lines(crop)
        if self._drawn is None or self._drawn_for != self.app.theme:
            self._drawn_for = self.app.theme
            (self._drawn,) = super().render_lines(crop)
        return [self._drawn]

    @property
    def is_ticking(self) -> bool:
        """Whether the timer runs."""
        return self._timer is not None

    @property
    def situation(self) -> str:
        """Which row of the shortcuts applies: resting, working, retrying, asking or aside."""
        if self.is_asking:
            return "aside" if self.is_aside else "asking"
        if self.retry_at:
            return "retrying"
        return "working" if self.working_since is not None else "resting"

    def turn_started(self, at: float | None = None) -> None:
        """Begins to count, from now or from `at` (Unix seconds)."""
        self.working_since = self._clock() if at is None else at

    def turn_finished(self) -> None:
        """Stops counting; nothing is asked and nothing is retried any more."""
        self.working_since = None
        self.is_asking = False
        self.retry_at = 0

    def retry_armed(self, at: int, attempt: int, attempts: int) -> None:
        """Counts down to `at` (Unix ms), when the attempt starts."""
        self.retry_label = f"{attempt} of {attempts}"
        self.retry_at = at

    def _tick(self) -> None:
        second = int(self._clock())
        if second == self._second:
            if self.app.app_focus:  # nobody looks at a spinner elsewhere
                self._turn()
        else:
            self._second = second
            self.refresh()

    def _turn(self) -> None:
        """Show the next frame in the line as it was drawn; rendering is what a tick costs."""
        drawn, before = self._drawn, self._frame
        self.refresh(Region(0, 0, 1, 1))
        running = self._clock() - (self.working_since or 0.0)
        self._frame = frame_at(running)
        if drawn is not None and not self.is_asking:
            self._drawn = _replaced(drawn, before, self._frame)

    def _segments(self) -> list[Segment]:
        segments = [
            Segment(self._doing(), 100),
            Segment(Content.styled(self.mode, _MODE_STYLES[self.mode]), 90),
            Segment(Content.styled("mouse free" * self.is_mouse_free, "$text-warning"), 85),
            Segment(self._gauge(), 70, self._gauge(is_short=True)),
            Segment(self._price(), 40),
            Segment(self._place(), 30),
        ]
        return [segment for segment in segments if segment.content]

    def _doing(self) -> Content:
        word = STATE_WORDS.get(self.state, one_line(self.state.replace("_", " ")))
        if self.is_asking:
            return Content.styled("● waiting for you", "bold $text-warning")
        if self.working_since is None:
            style = "$text-error" if self.state == "error" else "$text-muted"
            return Content.styled(word, style)
        running = self._clock() - self.working_since
        frame = self._frame = STILL if is_still(self.app) else frame_at(running)
        if self.retry_at:  # two running times side by side would be one too many
            return Content.assemble((frame, "$text-accent"), (f" {self._countdown()}", "$text"))
        word = "writing" if self.is_writing else word
        return Content.assemble(
            (frame, "$text-accent"), (f" {word} ", "$text"), (elapsed(running), "$text-muted")
        )

    def _countdown(self) -> str:
        seconds = round(self.retry_at / 1_000 - self._clock())
        return f"retry {self.retry_label} in {elapsed(seconds)}" if seconds > 0 else "retrying"

    def _gauge(self, is_short: bool = False) -> Content:
        if not self.context_limit:
            text = f"{tokens(self.context_tokens)} tokens" if self.context_tokens else ""
            return Content.styled(text, "$text-muted")
        share = min(1.0, self.context_tokens / self.context_limit)
        style = (
            "$text-error" if share >= 0.9 else "$text-warning" if share >= 0.7 else "$text-muted"
        )
        limit = "" if is_short else f" of {tokens(self.context_limit)}"
        full = min(_GAUGE_CELLS, -int(-share * _GAUGE_CELLS // 1))
        return Content.assemble(
            ("■" * full, style if share >= 0.7 else "$text-primary"),
            ("·" * (_GAUGE_CELLS - full), "$text-muted"),
            (f" {share:.0%}" + limit, style),
        )

    def _price(self) -> Content:
        return Content.styled("" if self.cost_usd is None else cost(self.cost_usd), "$text-muted")

    def _place(self) -> Content:
        return Content.styled(cut(one_line(self.branch), 24), "$text-secondary")

    def _keys(self, count: int, width: int = 99) -> Content:
        shown = Content()
        for key, label, _ in self._useful()[:count]:
            more = Content.assemble(
                "  " if shown else "", (key, "bold $text-primary"), (f" {label}", "$text-muted")
            )
            if shown.cell_length + more.cell_length > width:
                break
            shown += more
        return shown

    def _useful(self) -> tuple[Shortcut, ...]:
        """The keys of what has the keyboard; to the question put aside one gets from anywhere."""
        rows = self._shortcuts.get(self.situation, ())
        if self.place == "input" or self.situation == "asking":
            return rows
        first = rows[:1] if self.situation == "aside" else ()
        return (*first, *self._shortcuts.get(self.place, ()))


def _replaced(line: Strip, old: str, new: str) -> Strip:
    """`line` with the sign `new` where `old` stands alone."""
    parts = [part._replace(text=new) if part.text == old else part for part in line]
    return Strip(parts, line.cell_length)
