"""What a terminal says, as Textual's messages: keys, the mouse, pastes, answers."""

import asyncio
import codecs
import os
from collections.abc import Callable, Iterable

from textual import constants
from textual._xterm_parser import XTermParser
from textual.events import Paste
from textual.message import Message

PASTE_BEGINS = "\x1b[200~"
PASTE_ENDS = "\x1b[201~"
CHUNK = 65_536
"""Bytes read at a time: a paste comes in a few pieces."""

_GRACE = 0.005
_CARRY = len(PASTE_ENDS) - 1


class Keyboard:
    """Reads a terminal in the event loop; nothing happens while nothing is typed.

    Textual reads in a thread that wakes ten times a second and parses a paste letter by letter.

    Args:
        descriptor: where to read.
        send: takes each message.
        hung_up: called once when the terminal is gone; nothing is read from then on.
    """

    def __init__(
        self,
        descriptor: int,
        send: Callable[[Message], None],
        hung_up: Callable[[], None],
        *,
        debug: bool = False,
    ) -> None:
        self._descriptor = descriptor
        self._send = send
        self._hung_up = hung_up
        self._loop = asyncio.get_running_loop()
        self._parser = XTermParser(debug)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._timer: asyncio.TimerHandle | None = None
        self._tail = ""
        self._paste: list[str] | None = None

    def start(self) -> None:
        """Begin to read."""
        self._loop.add_reader(self._descriptor, self._read)

    def stop(self) -> None:
        """Read no more."""
        self._loop.remove_reader(self._descriptor)
        self._stop_timer()

    def feed(self, text: str) -> None:
        """Take what was typed, and send what it means."""
        while text:
            text = self._typed(text) if self._paste is None else self._pasted(text)
        self._stop_timer()
        # A lone Escape is known only by what does not follow it.
        if self._paste is None and self._parser._timeout_time is not None:
            self._timer = self._loop.call_later(constants.ESCAPE_DELAY + _GRACE, self._tick)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # EIO: the terminal was taken away
            data = b""
        if data:
            self.feed(self._decode(data))
        else:
            self.stop()
            self._hung_up()

    def _typed(self, text: str) -> str:
        """Keys up to where a paste begins; what is left."""
        seen = self._tail + text
        at = seen.find(PASTE_BEGINS)
        end = len(text) if at < 0 else at + len(PASTE_BEGINS) - len(self._tail)
        self._tail = seen[-_CARRY:] if at < 0 else ""
        self._send_all(self._parser.feed(text[:end]))
        if at >= 0:
            self._paste = []
        return text[end:]

    def _pasted(self, text: str) -> str:
        """A piece of a paste; what is left after its end."""
        paste = self._paste or []
        seen = (paste.pop() if paste else "") + text
        at = seen.find(PASTE_ENDS)
        if at < 0:
            # The end may lie across two pieces.
            self._paste = [*paste, seen[:-_CARRY], seen[-_CARRY:]]
            return ""
        self._paste = None
        whole = "".join([*paste, seen[:at]]).replace("\x00", "")
        for message in self._parser.feed(PASTE_ENDS):
            self._send(Paste(whole) if isinstance(message, Paste) else message)
        return seen[at + len(PASTE_ENDS) :]

    def _tick(self) -> None:
        self._timer = None
        self._send_all(self._parser.tick())

    def _send_all(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._send(message)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
