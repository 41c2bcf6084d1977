"""Text in the order in which it is to be heard."""

from collections.abc import Callable
from typing import TextIO

from loom.markup.clean import visible


class Voice:
    """Writes plain text to a stream; every control character in it is made visible.

    Args:
        stream: where it goes, flushed after every piece.
        typed: what the person has typed behind the prompt so far.
    """

    def __init__(self, stream: TextIO, typed: Callable[[], str] = lambda: "") -> None:
        self._stream = stream
        self._typed = typed
        self._is_fresh = True
        self.prompt = ""

    def say(self, text: str) -> None:
        """Whole lines, begun on a line of their own; a prompt that stood there follows them."""
        self.end_line()
        self._write(f"{visible(text).rstrip()}\n")
        if self.prompt:
            self._write(self.prompt + visible(self._typed()))

    def flow(self, text: str) -> None:
        """A piece of a text that goes on."""
        self._write(visible(text))

    def end_line(self) -> None:
        """What comes next begins a line."""
        if not self._is_fresh:
            self._write("\n")

    def prompted(self, prompt: str) -> None:
        """Somebody else put `prompt` on this line and waits behind it."""
        self.prompt = prompt
        self._is_fresh = False

    def entered(self, text: str | None = None) -> None:
        """The person ended the prompt's line; `text` is written where nobody else has shown it."""
        self.prompt = ""
        self._is_fresh = text is None
        if text is not None:
            self._write(f"{visible(text)}\n")

    def _write(self, text: str) -> None:
        if text:
            self._stream.write(text)
            self._stream.flush()
            self._is_fresh = text.endswith("\n")
