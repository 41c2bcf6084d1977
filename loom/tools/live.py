"""Output on its way to the screen: passed on in time, never faster than a screen can use it."""

import asyncio
from collections.abc import Callable

INTERVAL = 0.05
"""Seconds between two pieces."""
PIECE = 16_384
"""Characters of a piece; of more than that in one interval, only the last are shown live."""


class LiveOutput:
    """Collects text and hands it to `emit` at most once an INTERVAL, at once when it was quiet."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit = emit
        self._text = ""
        self._skipped = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, text: str) -> None:
        """Take the next piece of output; called in the event loop."""
        self._text += text
        excess = len(self._text) - PIECE
        if excess > 0:
            self._skipped += excess
            self._text = self._text[excess:]
        if self._timer is None:
            self._pass_on()
            self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._due)

    def close(self) -> None:
        """Hand over what is left."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._pass_on()

    def _due(self) -> None:
        self._timer = None
        if self._text:
            self.add("")

    def _pass_on(self) -> None:
        if not self._text:
            return
        mark = f"\n[… {self._skipped:,} characters not shown live …]\n" if self._skipped else ""
        text, self._text, self._skipped = mark + self._text, "", 0
        self._emit(text)
