"""What requests cost, over the conversation: by day, by model, against the budgets."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from loom.api.budgets import Budget
from loom.api.money import dollars
from loom.api.usage import UsageReport
from loom.core.errors import LoomError
from loom.screens.usage_plot import pictured
from loom.widgets.keys import way_now

Read = Callable[[int], Awaitable[tuple[UsageReport, tuple[Budget, ...]]]]
"""Days, to now → what was used in them, by day and model, and the budgets that bind the person."""

PERIODS = (7, 30, 90)


class UsageScreen(ModalScreen[None]):
    """A page of plots; left and right change the period, escape leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Back", id="usage.leave"),
        Binding("left,h", "period(-1)", "Shorter period", id="usage.shorter"),
        Binding("right,l", "period(1)", "Longer period", id="usage.longer"),
        Binding("r", "read", "Read again", id="usage.read"),
    ]

    def __init__(self, read: Read) -> None:
        super().__init__()
        self._read = read
        self._days = PERIODS[1]
        self._known: tuple[UsageReport, tuple[Budget, ...]] | None = None

    def compose(self) -> ComposeResult:
        """The page in a panel."""
        with Vertical(classes="modal-panel"), VerticalScroll():
            yield Static("Asking the server …", id="usage")

    def on_mount(self) -> None:
        """The page has the keys; it is filled when the server has answered."""
        self.query_one(VerticalScroll).focus()
        self.action_read()

    def on_resize(self) -> None:
        """Drawn anew for the room there is."""
        self.call_after_refresh(self._draw)

    def action_leave(self) -> None:
        """Back to the conversation."""
        self.dismiss(None)

    def action_period(self, step: int) -> None:
        """The next longer or shorter period."""
        place = PERIODS.index(self._days) + step
        if 0 <= place < len(PERIODS):
            self._days = PERIODS[place]
            self.action_read()

    def action_read(self) -> None:
        """Ask the server."""
        self.run_worker(self._ask(), exclusive=True)

    async def _ask(self) -> None:
        try:
            self._known = await self._read(self._days)
        except LoomError as error:
            self._known = None
            text = Content.styled(f"{error.message} {error.hint}".strip(), "$text-error")
            self.query_one("#usage", Static).update(text)
            return
        self._draw()

    def _draw(self) -> None:
        if self._known is None:
            return
        report, budgets = self._known
        page = self.query_one(VerticalScroll)
        panel = self.query_one(".modal-panel")
        costs = [row.cost_usd for row in report.rows if row.cost_usd is not None]
        total = dollars(sum(costs)) if costs else "no known cost"
        panel.border_title = f"Usage · {self._days} days · {total}"
        leave = way_now(self.app, "usage.leave", "escape")
        panel.border_subtitle = (
            f"list prices of {report.prices_as_of} · ← → period · {leave} leaves"
        )
        width, height = page.scrollable_content_region.size
        lines = pictured(report, budgets, max(40, width), height)
        self.query_one("#usage", Static).update(Content("\n").join(lines))
