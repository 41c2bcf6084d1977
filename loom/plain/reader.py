"""Lines that the person types, read on a worker thread so that nothing waits for them."""

import os
import select
import sys
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

_QUOTES = '"""'
_MORE = "More: "


class Typed(NamedTuple):
    """A line, or None at the end of input; `is_asked` when a prompt stood before it."""

    text: str | None
    is_asked: bool = False


class LineReader:
    """Hands on every line, and the end of input.

    While a prompt stands, a terminal's line is edited with readline: arrows, history, search.
    Without one, what is typed at a terminal is read as the terminal itself edits it (Loom is at
    work, and a prompt would stand in the middle of what it says); of a pipe or file nothing is
    read before it is asked for.

    Args:
        deliver: called on the reader's own thread.
        history: lines that arrows recall, oldest first.
    """

    def __init__(self, deliver: Callable[[Typed], None], history: list[str]) -> None:
        self._deliver = deliver
        self._history = history
        self._prompt: str | None = None
        self._wake, self._waker = os.pipe()
        self._kept: list[Any] | None = None
        self.is_terminal = sys.stdin.isatty()

    def start(self) -> None:
        """Begin to read. The thread ends with the process: nothing can end a read that waits."""
        if self.is_terminal:
            self._kept = termios.tcgetattr(sys.stdin.fileno())
            self._set_up_readline()
        threading.Thread(target=self._run, name="lines", daemon=True).start()

    def ask(self, prompt: str) -> None:
        """Show `prompt` and read one line for it."""
        self._prompt = prompt
        os.write(self._waker, b"\0")

    def close(self) -> None:
        """Give the terminal back as it was, whatever an unfinished line has made of it."""
        if self._kept is not None:
            with suppress(termios.error):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._kept)

    def _set_up_readline(self) -> None:
        # Imported here: it is slow to load, and of use with a terminal only.
        import readline

        # Its escape sequences would be read aloud, or shown as they are.
        readline.parse_and_bind("set enable-bracketed-paste off")
        readline.parse_and_bind("set colored-completion-prefix off")
        readline.set_auto_history(False)
        readline.clear_history()
        for entry in self._history:
            if "\n" not in entry:
                readline.add_history(entry)

    def _run(self) -> None:
        while True:
            try:
                typed = self._next()
            except (EOFError, OSError):
                typed = Typed(None)
            self._deliver(typed)
            if typed.text is None:
                return

    def _next(self) -> Typed:
        while self._prompt is None:
            watched = [self._wake, sys.stdin] if self.is_terminal else [self._wake]
            ready, _, _ = select.select(watched, [], [])
            if self._wake in ready:
                os.read(self._wake, 1_024)
            elif line := sys.stdin.readline():
                return Typed(line.rstrip("\n"))
            else:
                raise EOFError
        prompt, self._prompt = self._prompt, None
        return Typed(self._remembered(_whole(input(prompt))), is_asked=True)

    def _remembered(self, text: str) -> str:
        if self.is_terminal and text.strip() and "\n" not in text:
            import readline

            readline.add_history(text)
        return text


def typed_so_far() -> str:
    """What stands behind the prompt, where a line is being edited."""
    readline = sys.modules.get("readline")
    return readline.get_line_buffer() if readline else ""


def _whole(line: str) -> str:
    """The line with those that belong to it: after a backslash, or up to the closing quotes."""
    if line.lstrip().startswith(_QUOTES):
        return _quoted(line.lstrip().removeprefix(_QUOTES))
    lines = [line]
    while lines[-1].endswith("\\"):
        lines[-1] = lines[-1][:-1]
        lines.append(input(_MORE))
    return "\n".join(lines)


def _quoted(first: str) -> str:
    lines = [first]
    while not lines[-1].rstrip().endswith(_QUOTES):
        lines.append(input(_MORE))
    lines[-1] = lines[-1].rstrip().removesuffix(_QUOTES)
    return "\n".join(lines).strip("\n")
