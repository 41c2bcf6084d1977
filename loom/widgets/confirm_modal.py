"""Yes or no."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from loom.widgets.choices import Option
from loom.widgets.modal import GUARD, Modal


class ConfirmModal(Modal[bool]):
    """True for yes, False for no, None when cancelled; a dangerous yes is not the primary button.

    Args:
        text: the question, and what follows from a yes.
        yes: what the yes button does.
        is_dangerous: a yes cannot be undone.
    """

    def __init__(
        self,
        title: str,
        text: str,
        *,
        yes: str = "yes",
        no: str = "no",
        is_dangerous: bool = False,
        guard: float = GUARD,
    ) -> None:
        options = (Option("y", yes), Option("n", no))
        super().__init__(title, options, primary=int(is_dangerous), guard=guard)
        self._text = text

    def body(self) -> Iterable[Widget]:
        """The question."""
        yield Static(self._text, classes="modal-text", markup=False)
        yield Static("", classes="modal-gap")

    def choose(self, key: str) -> None:
        """Answers."""
        self.dismiss(key == "y")
