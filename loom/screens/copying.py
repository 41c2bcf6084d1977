"""A copied text on its way from the app to the clipboard."""

from textual.app import App

from loom.clipboard import Clipboard, Outcome
from loom.screens.start import Start
from loom.screens.wire import Wire


async def copied(text: str, app: App[None], start: Start) -> Outcome:
    """Copy `text`; what became of it."""
    board = Clipboard(start.environment, Wire(app).write, start.kept_copy, is_browser=app.is_web)
    return await board.put(text)
