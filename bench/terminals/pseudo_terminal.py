"""A program in a pseudo-terminal whose other end is the bench.

A thread of its own drains the terminal and notes when each piece came, so that neither a slow
emulator nor the bench's thinking stops the program or enters a time. All times are in seconds of
`time.perf_counter`.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import NamedTuple, Self

from bench.terminals.display import Display
from bench.terminals.process_tree import ProcessTree, children
from bench.terminals.queries import CELL, Queries, answer

SIZE = (120, 40)
PIECE = 1 << 18


class Piece(NamedTuple):
    """Bytes that were read at once, and when."""

    at: float
    data: bytes


class PseudoTerminal:
    """Runs `command`; leaving it kills everything that the program started."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
        apart = children()
        self.size = SIZE
        self.written = 0
        self._display = Display(SIZE)
        self._unshown: list[bytes] = []
        self._queries = Queries()
        self._pieces: SimpleQueue[Piece] = SimpleQueue()
        self.started = time.perf_counter()
        pid, self._master = pty.fork()
        if pid == 0:
            _become(command, environment, folder)
        _set_size(self._master, SIZE)
        self.tree = ProcessTree(pid, apart)
        self.reader = threading.Thread(target=self._drain, daemon=True)
        self.reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            pids = self.tree.pids
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            _reap(pids, timeout=1.0)
        self.reader.join()
        os.close(self._master)

    @property
    def display(self) -> Display:
        """The screen after all that was read; drawn only when it is looked at."""
        self._display.feed(b"".join(self._unshown))
        self._unshown.clear()
        return self._display

    def type(self, text: str) -> None:
        """Presses keys."""
        data = text.encode()
        while data:
            data = data[os.write(self._master, data) :]

    def resize(self, columns: int, rows: int) -> float:
        """Gives the window another size; when the program was told of it."""
        self.size = (columns, rows)
        self.display.resize(columns, rows)
        told = time.perf_counter()
        _set_size(self._master, self.size)
        return told

    def read(self, timeout: float) -> Piece | None:
        """The next piece, the questions in it answered; None when there is none in time.

        Raises:
            EOFError: the program has ended.
        """
        try:
            piece = self._pieces.get(timeout=max(0.0, timeout))
        except Empty:
            return None
        if not piece.data:
            raise EOFError(f"the program has ended; its screen was\n{self.display.text}")
        self.written += len(piece.data)
        self._unshown.append(piece.data)
        for question in self._queries.find(piece.data):
            self.type(answer(question, self.display.cursor, self.size).decode())
        return piece

    def rest(self, seconds: float) -> None:
        """Reads for some time."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def settle(self, seconds: float, timeout: float) -> None:
        """Reads until nothing came for `seconds`."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end and self.read(seconds):
            pass

    def shows(self, pattern: str) -> bool:
        """Whether the regular expression matches the screen."""
        return re.search(pattern, self.display.text, re.MULTILINE) is not None

    def wait_for(self, pattern: str, timeout: float) -> float:
        """When the piece came after which the regular expression matches the screen.

        Raises:
            TimeoutError: it never did; the message shows the screen.
        """
        wanted = re.compile(pattern, re.MULTILINE)
        end = time.perf_counter() + timeout
        if wanted.search(self.display.text):
            return time.perf_counter()
        while (left := end - time.perf_counter()) > 0:
            piece = self.read(left)
            if piece and wanted.search(self.display.text):
                return piece.at
        raise TimeoutError(f"no {pattern!r} on the screen:\n{self.display.text}")

    def _drain(self) -> None:
        while True:
            select.select([self._master], [], [])
            try:
                data = os.read(self._master, PIECE)
            except OSError:  # Linux reports EIO when the last program has left the terminal.
                data = b""
            self._pieces.put(Piece(time.perf_counter(), data))
            if not data:
                return


def _reap(pids: Sequence[int], timeout: float) -> None:
    """Waits until the processes have ended, whoever their parent is."""
    end = time.perf_counter() + timeout
    left = set(pids)
    while left and time.perf_counter() < end:
        for pid in tuple(left):
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if not os.path.exists(f"/proc/{pid}"):
                left.discard(pid)
        time.sleep(0.02)


def _set_size(terminal: int, size: tuple[int, int]) -> None:
    columns, rows = size
    pixels = columns * CELL[0], rows * CELL[1]
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, *pixels))


def _become(command: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
    """Replaces the forked process; never returns into the bench's code."""
    try:
        _set_size(1, SIZE)
        os.chdir(folder)
        os.execvpe(command[0], list(command), dict(environment))
    except OSError as error:
        os.write(2, f"{command[0]}: {error}".encode())
    finally:
        os._exit(127)
