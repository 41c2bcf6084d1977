"""What an empty conversation shows: the welcome, what is to be known, and a missing key."""

from contextlib import suppress
from typing import TYPE_CHECKING

from loom.core.errors import LoomError
from loom.screens.start import Start
from loom.screens.welcome import Note, missing_key, welcome
from loom.widgets.keys import Keymap, way
from loom.widgets.message_list import MessageList

if TYPE_CHECKING:
    from loom.host.base import SessionHost
    from loom.widgets.transcript.item import Item


class Greeting:
    """Remembers a missing key, so that every new conversation tells it again."""

    def __init__(self, transcript: MessageList, keymap: Keymap, start: Start) -> None:
        self._transcript = transcript
        self._keymap = keymap
        self._start = start
        self._missing: Note | None = None
        self._shown: list[Item] = []

    def show(self) -> None:
        """In place of all that the transcript shows, unless that is just this."""
        if self._shown and self._transcript.items == self._shown:
            return
        self._transcript.show(())
        self._transcript.notice(welcome(self._keymap, self._start))
        for note in self._start.notes:
            self._transcript.notice(note, "warning")
        self._tell_missing()
        self._shown = self._transcript.items

    async def look_for_key(self, host: "SessionHost") -> None:
        """Ask the server which providers it reaches; one that gives no answer is not told here."""
        with suppress(LoomError):
            models = await host.services.model.models()
            self._missing = missing_key(
                models,
                self._start.provider,
                self._start.server_url,
                is_daemon=host.is_daemon,
                choose=way(self._keymap, "pick_model", "ctrl+o", "/model"),
            )
            self._tell_missing()

    def _tell_missing(self) -> None:
        if self._missing:
            self._transcript.notice(self._missing.text, "warning", self._missing.hint)
