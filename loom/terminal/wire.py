"""Bytes to a terminal that may be slow: writing never waits, and what it has not taken is known."""

import asyncio
import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress


class Wire:
    """The way to a terminal, for one event loop.

    The terminal is opened anew and made non-blocking, as libuv does: on the descriptor itself that
    would hold for the shell and every other program on it too.

    Args:
        descriptor: open on the terminal.
        when_free: called in the loop when the terminal has taken what it had not at first.
    """

    def __init__(self, descriptor: int, when_free: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._when_free = when_free
        self._waiting = bytearray()
        self._descriptor = _opened_again(descriptor)
        self._is_open = True

    @property
    def is_busy(self) -> bool:
        """Whether the terminal has not yet taken what was written last."""
        return bool(self._waiting)

    def write(self, text: str) -> None:
        """Send `text`, or keep what the terminal does not take; from any thread.

        On a terminal that is gone nothing happens: reading from it says so.
        """
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self.write, text)
        elif self._is_open:
            data = text.encode("utf-8", "replace")
            if self._waiting:
                self._waiting += data
                return
            rest = self._send(data)
            if rest:
                self._waiting += rest
                self._loop.add_writer(self._descriptor, self._go_on)

    def drain(self, timeout: float) -> None:
        """Wait until all was taken, at most `timeout` seconds; the loop stands still."""
        deadline = time.monotonic() + timeout
        while self._waiting and (left := deadline - time.monotonic()) > 0:
            if select.select([], [self._descriptor], [], left)[1]:
                self._waiting = bytearray(self._send(bytes(self._waiting)))

    def close(self) -> None:
        """Give the descriptor back; what was not taken is lost."""
        if self._is_open:
            self._is_open = False
            self._waiting.clear()
            with suppress(RuntimeError):  # the loop may be closed by now
                self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)

    def _go_on(self) -> None:
        self._waiting = bytearray(self._send(bytes(self._waiting)))
        if not self._waiting:
            self._loop.remove_writer(self._descriptor)
            self._when_free()

    def _send(self, data: bytes) -> bytes:
        """What the terminal did not take of `data`."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._descriptor, view) :]
            except BlockingIOError:
                break
            except OSError:  # EIO: the terminal is gone
                return b""
        return bytes(view)


def _opened_again(descriptor: int) -> int:
    """A non-blocking descriptor of the same terminal; where it cannot be opened, the same one.

    After `su` the terminal belongs to someone else, in a container it may have no name: then there
    is still `/dev/tty`. Without that too, a slow terminal makes the program wait.
    """
    flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
    for name in (_name_of(descriptor), "/dev/tty"):
        with suppress(OSError):
            return os.open(name, flags)
    return os.dup(descriptor)


def _name_of(descriptor: int) -> str:
    with suppress(OSError):
        return os.ttyname(descriptor)
    return "/dev/tty"
