"""Keys and commands, over the conversation."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from loom.widgets.keys import way_now
from loom.widgets.markdown import Markdown


class HelpScreen(ModalScreen[None]):
    """A page of markdown; escape, q or F1 leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark", "leave", "Back", id="help_page.leave")
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The page in a panel."""
        with Vertical(classes="modal-panel") as panel:
            panel.border_title = f"Help · {way_now(self.app, 'help_page.leave', 'escape')} leaves"
            yield Markdown(self._text)

    def on_mount(self) -> None:
        """The page has the keys."""
        self.query_one(Markdown).focus()

    def action_leave(self) -> None:
        """Back to the conversation."""
        self.dismiss(None)
