"""The floor of a first paint: the smallest Textual app, one label."""

from textual.app import App, ComposeResult
from textual.widgets import Label


class OneLabel(App[None]):
    """Shows READY until it is killed."""

    def compose(self) -> ComposeResult:
        """The label."""
        yield Label("READY")


if __name__ == "__main__":
    OneLabel().run()
