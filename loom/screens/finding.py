"""Finding a text in the conversation: the bar, the hits, and the way there and back."""

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from loom.widgets.find_bar import FindBar
from loom.widgets.message_list import MessageList

if TYPE_CHECKING:
    from loom.widgets.transcript.search import Hit


class Finding(Vertical):
    """Holds the bar, and carries out in `transcript` what is asked of it."""

    DEFAULT_CSS = "Finding { height: auto; }"

    def __init__(self, transcript: MessageList) -> None:
        super().__init__()
        self._transcript = transcript
        self._bar = FindBar()
        self._hit: Hit | None = None
        self._began_at: tuple[float, bool] = (0.0, True)
        self._shown_at = 0.0
        self._has_stepped = False

    def compose(self) -> ComposeResult:
        """The bar alone."""
        yield self._bar

    def open(self) -> None:
        """Show the bar; what was looked for last is there to be taken again."""
        if not self._bar.has_class("-open"):
            self._bar.add_class("-open")
            view = self._transcript
            self._began_at, self._shown_at = (view.scroll_y, view.follows), view.scroll_y
            self._has_stepped = False
            self._seek(self._bar.text, 0)
        self._bar.focus_text()

    @on(FindBar.Sought)
    def _sought(self, event: FindBar.Sought) -> None:
        self._hit = None
        self._seek(event.text, 0)

    @on(FindBar.Stepped)
    def _stepped(self, event: FindBar.Stepped) -> None:
        self._has_stepped = True
        self._seek(self._bar.text, event.by)

    @on(FindBar.Closed)
    def _leave(self) -> None:
        """Back to where one was, unless one went on to hits or scrolled."""
        self.workers.cancel_group(self, "find")
        self._bar.remove_class("-open")
        view, (line, followed) = self._transcript, self._began_at
        view.mark_all("")
        if not self._has_stepped and view.scroll_y == self._shown_at:
            if followed:
                view.action_scroll_last()
            else:
                view.go_to(line)
        view.focus()

    def _seek(self, text: str, by: int) -> None:
        self._transcript.mark_all(text)
        self.run_worker(self._find(text, by), group="find", exclusive=True)

    async def _find(self, text: str, by: int) -> None:
        view = self._transcript
        if not text:
            self._bar.count = ""
            return
        found = await view.find_all(text)
        if not found:
            self._bar.count = "nothing found"
            return
        place = self._next(found, by)
        self._hit = found[place]
        self._bar.count = f"{place + 1} of {len(found)}"
        view.show_hit(self._hit)
        self._shown_at = view.scroll_y

    def _next(self, found: "list[Hit]", by: int) -> int:
        """The index of the hit to show: from the one shown by so many, or the first from here."""
        order = self._transcript.order_of
        if self._hit is None:
            here = (self._transcript.first_in_view, 0)
            return next((n for n, hit in enumerate(found) if order(hit) >= here), 0)
        last = order(self._hit)
        before = sum(order(hit) < last for hit in found)
        return (before + by) % len(found)
