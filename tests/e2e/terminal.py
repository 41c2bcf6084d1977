"""A program in a real pseudo-terminal, with a terminal emulator as its screen.

    async with Terminal.run([sys.executable, "-m", "loom"], env, cwd) as screen:
        await screen.until("Ask anything")
        screen.type("hello")
        screen.key("enter")

Nothing here sleeps for a fixed time: every wait is for a condition on the screen, with a deadline,
and a wait that fails shows the screen as it was.
"""

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pyte
from pyte.modes import LNM

DEADLINE = 20.0
ALTERNATE_SCREEN = 1049
SYNCHRONIZED_OUTPUT = b"2026"

_DCS = re.compile(rb"\x1bP.*?\x1b\\", re.DOTALL)

# SIGWINCH and Ctrl+C reach a program only through a terminal that controls its session.
_LAUNCH = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)

_KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
}


class Glass(pyte.Screen):
    """The emulator's screen: answers the questions of DA and DSR, and knows the other screen."""

    def __init__(self, columns: int, rows: int, answer: Callable[[bytes], None]) -> None:
        super().__init__(columns, rows)
        self._answer = answer
        self.set_mode(LNM)

    def write_process_input(self, data: str) -> None:
        self._answer(data.encode())

    def reset_mode(self, *modes: int, **options: bool) -> None:
        super().reset_mode(*modes, **options)
        if options.get("private") and ALTERNATE_SCREEN in modes:
            self.reset()


class Terminal:
    """The person's side: keys go in, the screen is read. Made by `Terminal.run`."""

    def __init__(self, process: subprocess.Popen[bytes], master: int, columns: int, rows: int):
        self.process = process
        self.output = bytearray()
        self._master = master
        self._glass = Glass(columns, rows, self.send)
        self._stream = pyte.ByteStream(self._glass)
        self._grown = asyncio.Event()
        self._is_open = True
        self._asked = 0
        self._held = b""
        asyncio.get_running_loop().add_reader(master, self._read)

    @classmethod
    @asynccontextmanager
    async def run(
        cls,
        argv: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path,
        size: tuple[int, int] = (80, 24),
    ) -> AsyncIterator["Terminal"]:
        """Starts `argv` in a terminal of `size` (columns, rows); it is killed in the end."""
        master, slave = pty.openpty()
        _set_size(slave, size)
        os.set_blocking(master, False)
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", _LAUNCH, *argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={"TERM": "xterm-256color", **environment},
            cwd=cwd,
            start_new_session=True,
        )
        os.close(slave)
        terminal = cls(process, master, *size)
        try:
            yield terminal
        finally:
            terminal.kill()
            terminal.hang_up()

    # What the person does

    def type(self, text: str) -> None:
        """Types `text` as it is."""
        self.send(text.encode())

    def key(self, name: str) -> None:
        """Presses a key: `enter`, `esc`, `up` …, `ctrl+x`, or a single character."""
        if name.startswith("ctrl+"):
            self.send(bytes([ord(name[-1]) & 0x1F]))
        else:
            self.send(_KEYS.get(name, name).encode())

    def send(self, data: bytes) -> None:
        """Puts bytes on the terminal's wire."""
        if self._is_open:
            os.write(self._master, data)

    async def paste(self, text: str) -> None:
        """Pastes `text` in brackets, as fast as the program reads."""
        data = memoryview(b"\x1b[200~" + text.encode() + b"\x1b[201~")
        while data:
            with suppress(BlockingIOError):
                data = data[os.write(self._master, data) :]
            await asyncio.sleep(0)

    def look_away(self) -> None:
        """Reads nothing more, like a link that is stuck."""
        asyncio.get_running_loop().remove_reader(self._master)

    def look_again(self) -> None:
        """Reads on."""
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def hang_up(self) -> None:
        """Takes the terminal away, as a connection that drops does."""
        if self._master >= 0:
            self._close()
            os.close(self._master)
            self._master = -1

    def resize(self, columns: int, rows: int) -> None:
        """Makes the window another size, of which the program is told."""
        self._glass.resize(rows, columns)
        _set_size(self._master, (columns, rows))

    def scribble(self, text: str) -> None:
        """Another program writes to the terminal."""
        self._stream.feed(text.encode())

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends the program a signal; SIGKILL also waits for its end."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    # What the person sees

    @property
    def text(self) -> str:
        """The screen, line by line."""
        return "\n".join(line.rstrip() for line in self._glass.display)

    @property
    def words(self) -> str:
        """The screen with every run of blanks, borders and line ends as one blank."""
        return re.sub(r"[\s│┃▎▌║╭╮╰╯─━]+", " ", self.text)

    def shows(self, text: str) -> bool:
        """Whether `text` can be read, though it be wrapped over lines."""
        return text in self.text or text in self.words

    async def until(self, *texts: str, timeout: float = DEADLINE) -> None:
        """Waits until all `texts` can be read at once."""
        await self.when(lambda: all(map(self.shows, texts)), f"{texts}", timeout)

    async def until_gone(self, text: str, timeout: float = DEADLINE) -> None:
        """Waits until `text` can be read no more."""
        await self.when(lambda: not self.shows(text), f"the end of {text!r}", timeout)

    async def when(
        self, condition: Callable[[], bool], what: str = "", timeout: float = DEADLINE
    ) -> None:
        """Waits until `condition()` holds; fails with the screen when it cannot any more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not condition() and self._is_open:
                    await self._grown.wait()
                    self._grown.clear()
        assert condition(), f"waited for {what}\n{self.picture}"

    async def steady(self, seconds: float, timeout: float = DEADLINE) -> None:
        """Waits until the screen has looked the same for `seconds`."""
        async with asyncio.timeout(timeout):
            while await self._changes_within(seconds):
                pass

    async def exit(self, timeout: float = DEADLINE) -> int:
        """The program's exit status, once it has ended and all it wrote is read."""
        await self.when(lambda: not self._is_open, "its end", timeout)
        return await asyncio.to_thread(self.process.wait, timeout)

    @property
    def caret(self) -> tuple[int, int] | None:
        """Column and row of the terminal's own cursor; None while it is hidden."""
        cursor = self._glass.cursor
        return None if cursor.hidden else (cursor.x, cursor.y)

    @property
    def before_caret(self) -> str:
        """The text left of the terminal's own cursor; empty while it is hidden."""
        cursor = self._glass.cursor
        row = self._glass.buffer[cursor.y]
        return "" if cursor.hidden else "".join(row[x].data for x in range(cursor.x))

    @property
    def picture(self) -> str:
        """The screen in a frame, for failures."""
        state = "open" if self._is_open else "closed"
        edge = "+" + "-" * self._glass.columns + "+"
        lines = [f"|{line}|" for line in self._glass.display]
        return "\n".join([f"the screen ({state}):", edge, *lines, edge])

    async def _changes_within(self, seconds: float) -> bool:
        before = self.text
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.text == before and self._is_open:
                    await self._grown.wait()
                    self._grown.clear()
        return self.text != before

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except BlockingIOError:
            return
        except OSError:  # Linux says EIO when the last program has left the terminal
            data = b""
        if data:
            self.output += data
            self._stream.feed(self._printable(data))
            self._answer_modes()
        else:
            self._close()
        self._grown.set()

    def _printable(self, data: bytes) -> bytes:
        """Without device control strings, which the emulator would print; an open one waits."""
        data = _DCS.sub(b"", self._held + data)
        begin = data.find(b"\x1bP")
        cut = begin if begin >= 0 else len(data) - data.endswith(b"\x1b")
        self._held = data[cut:]
        return data[:cut]

    def _answer_modes(self) -> None:
        """DECRQM, which the emulator passes over: frames are whole, all else is unknown."""
        for question in re.compile(rb"\x1b\[\?(\d+)\$p").finditer(self.output, self._asked):
            self._asked = question.end()
            known = b"2" if question[1] == SYNCHRONIZED_OUTPUT else b"0"
            self.send(b"\x1b[?" + question[1] + b";" + known + b"$y")

    def _close(self) -> None:
        self._is_open = False
        asyncio.get_running_loop().remove_reader(self._master)


def _set_size(terminal: int, size: tuple[int, int]) -> None:
    columns, rows = size
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
