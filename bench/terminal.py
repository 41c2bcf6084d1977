"""A real pseudo-terminal of 120x40 around a program: when does a text appear on it?"""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType


class Terminal:
    """Runs a program; `started` and every answer are in seconds of the monotonic clock."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
        self.output = b""
        self.started = time.monotonic()
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            _become(command, environment, folder)
        size = struct.pack("HHHH", 40, 120, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._master)

    def type(self, text: str) -> None:
        """Presses keys."""
        os.write(self._master, text.encode())

    def wait_for(self, text: str, timeout: float = 20.0) -> float:
        """When `text` had been written to the screen since the last call of `forget`.

        Raises:
            TimeoutError: it was not; the message ends with what was written last.
        """
        wanted = text.encode()
        deadline = time.monotonic() + timeout
        while wanted not in self.output:
            if not self._read(deadline - time.monotonic()):
                raise TimeoutError(f"no {text!r} on the screen: {self.output[-300:]!r}")
        return time.monotonic()

    def forget(self) -> None:
        """Looks only at what is written from now on."""
        self.output = b""

    def _read(self, timeout: float) -> bool:
        if not select.select([self._master], [], [], max(0.0, timeout))[0]:
            return False
        try:
            piece = os.read(self._master, 1 << 16)
        except OSError:  # Linux reports EIO when the program has ended.
            return False
        self.output += piece
        return bool(piece)


def _become(command: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
    """Replaces the forked process; never returns into the caller's code."""
    try:
        os.chdir(folder)
        os.execvpe(command[0], list(command), dict(environment))
    except OSError as error:
        os.write(2, f"{command[0]}: {error}".encode())
    finally:
        os._exit(127)
