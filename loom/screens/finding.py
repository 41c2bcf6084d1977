"""Finding a text in the conversation: the bar, the hits, and the way there and back."""

import asyncio
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from loom.widgets.find_bar import FindBar
from loom.widgets.message_list import MessageList

if TYPE_CHECKING:
    from loom.widgets.transcript.search import Hit
    from loom.widgets.transcript.spots import Spot

_CALM = 0.02
"""Seconds without another letter before a search begins: of a burst the last one is enough."""


class Finding(Vertical):
    """Holds the bar, and carries out in `transcript` what is asked of it."""

    DEFAULT_CSS = "Finding { height: auto; }"

    def __init__(self, transcript: MessageList) -> None:
        super().__init__()
        self._transcript = transcript
        self._bar = FindBar()
        self._hit: Hit | None = None
        self._began_at: tuple[Spot | None, bool] = (None, True)
        self._read: Spot | None = None
        self._shown_at = 0.0
        self._has_stepped = False

    def compose(self) -> ComposeResult:
        """The bar alone."""
        yield self._bar

    @property
    def is_open(self) -> bool:
        """Whether the bar is there."""
        return self._bar.has_class("-open")

    def open(self) -> None:
        """Show the bar; what was looked for last is there to be taken again."""
        if not self.is_open:
            self._begin()
            self._hit = None
            self._seek(self._bar.text, 0)
        self._bar.focus_text()

    def step(self, by: int) -> bool:
        """To the next hit of what was looked for last; False when nothing was."""
        if not self._bar.text:
            return False
        if not self.is_open:
            self._begin()
            self._transcript.look_for(self._bar.text, self._recount)
            if self._hit is not None and not self._transcript.shows(self._hit):
                self._hit = None  # one has gone on reading elsewhere
        self._has_stepped = True
        self._go(by)
        return True

    def _begin(self) -> None:
        self._bar.add_class("-open")
        view = self._transcript
        self._began_at, self._shown_at = (view.here, view.follows), view.scroll_y
        self._read = view.here
        self._has_stepped = False

    @on(FindBar.Sought)
    def _sought(self, event: FindBar.Sought) -> None:
        self._hit = None
        self._seek(event.text, 0)

    @on(FindBar.Stepped)
    def _stepped(self, event: FindBar.Stepped) -> None:
        self._has_stepped = True
        self._go(event.by)

    @on(FindBar.Closed)
    def close(self) -> None:
        """Back to where one was, unless one went on to hits or scrolled."""
        self.workers.cancel_group(self, "find")
        self._bar.remove_class("-open")
        view, (spot, followed) = self._transcript, self._began_at
        view.look_for("")
        if not self._has_stepped and view.scroll_y == self._shown_at:
            if followed:
                view.action_scroll_last()
            else:
                view.go_back(spot)
        self.screen.set_focus(view)

    def _seek(self, text: str, by: int) -> None:
        self._transcript.look_for(text, self._recount)
        self._go(by, after=_CALM)

    def _go(self, by: int, after: float = 0.0) -> None:
        self.run_worker(self._find(by, after), group="find", exclusive=True)

    async def _find(self, by: int, after: float) -> None:
        await asyncio.sleep(after)
        view = self._transcript
        if self._has_stepped or view.scroll_y != self._shown_at:
            # From here on this is what is read, and not where one was before the first letter.
            self._read = view.here
        await view.find_all()
        at = None if self._hit is None else view.ordinal(self._hit)
        self._hit = view.nearest(self._read) if at is None else view.hit_at(at + by)
        if self._hit is not None:
            view.show_hit(self._hit)
            self._shown_at = view.scroll_y
        self._recount()

    def _recount(self) -> None:
        """Say which hit is shown and how many there are by now."""
        view = self._transcript
        at = None if self._hit is None else view.ordinal(self._hit)
        if not self._bar.text:
            self._bar.count = ""
        elif not view.hits:
            self._bar.count = "nothing found"
        else:
            self._bar.count = f"{view.hits} found" if at is None else f"{at + 1} of {view.hits}"
