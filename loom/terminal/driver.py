"""Loom's way to a terminal on Linux and macOS, in place of Textual's driver."""

import asyncio
import os
import signal
import termios
import tty
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rich.console import Console
from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Offset, Size
from textual.message import Message

from loom.terminal.keyboard import Keyboard
from loom.terminal.order import EXPLICIT, IMPLICIT, Order
from loom.terminal.painter import Painter, move_to
from loom.terminal.wire import Wire

if TYPE_CHECKING:
    from loom.terminal.app import TerminalApp

SYNC_BEGIN, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
STEADY_CURSOR, OWN_CURSOR = "\x1b[2 q", "\x1b[0 q"
ALTERNATE_SCREEN, NORMAL_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
FOCUS_REPORTS, NO_FOCUS_REPORTS = "\x1b[?1004h", "\x1b[?1004l"
KITTY_KEYS, PLAIN_KEYS = "\x1b[>25u", "\x1b[<u"
NO_SHAPES = frozenset({"linux", "dumb", "vt100", "vt220"})
"""Values of TERM whose terminals print DECSCUSR's last letter, or may."""

PATIENCE = 5.0
"""Seconds in which a terminal must take what gives it back; a dead link is not waited for."""


class LoomDriver(LinuxDriver):
    """Writes without waiting, reads in the event loop, leaves the cursor to the terminal."""

    _app: "TerminalApp"

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._wire: Wire | None = None
        self._keyboard: Keyboard | None = None
        self._painter = Painter(self._move_to)
        self._cursor: Offset | None = None
        # Standard error: the output may be a pipe, and this is where Textual writes.
        self._output = self._file.fileno() if self._file is not None else self.fileno
        self._has_shapes = os.environ.get("TERM", "") not in NO_SHAPES

    # What is written

    @property
    def is_ready(self) -> bool:
        """Whether a frame can be shown now: the terminal has taken the one before."""
        return self._wire is not None and not self._wire.is_busy

    def write(self, data: str) -> None:
        """Send `data`; never waits. After the end, and while suspended, it is dropped."""
        if self._wire is not None:
            self._wire.write(data)

    def show(
        self, update: CompositorUpdate, console: Console, caret: Offset | None, *, is_sync: bool
    ) -> None:
        """Write what an update changes, and leave the cursor at `caret`, hidden when None."""
        body = self._body(update, console)
        if not body and caret == self._cursor:
            return
        begin, end = (SYNC_BEGIN, SYNC_END) if is_sync else ("", "")
        # Without synchronized output one would see it jump.
        is_hidden = self._cursor is None or (body != "" and not is_sync)
        hide = HIDE_CURSOR if self._cursor is not None and (is_hidden or caret is None) else ""
        place = self._at_rest if caret is None else self._move_to(*caret) + SHOW_CURSOR * is_hidden
        self._cursor = caret
        self.write(f"{begin}{hide}{body}{place}{end}")

    _at_rest = ""
    """Where a hidden cursor is put; by default it stays behind what was written last."""

    def _body(self, update: CompositorUpdate, console: Console) -> str:
        return self._painter.paint(update, console)

    def _move_to(self, x: int, y: int) -> str:
        return move_to(x, y)

    def forget(self) -> None:
        """The terminal's screen is not what it was."""
        self._painter.forget()

    # What it says

    def send_message(self, message: Message) -> None:
        """Hand a message to the app. The keyboard is read in the app's own loop."""
        self._app.post_message(message)

    def _hung_up(self) -> None:
        self._app.call_later(self._app.hung_up)

    # Beginning and end

    def start_application_mode(self) -> None:
        """Take the terminal; again after a stop, of which nothing may be known (SIGSTOP)."""
        if not self._is_in_foreground():
            return
        is_again = self._keyboard is not None or self._must_signal_resume
        loop = asyncio.get_running_loop()
        if self._wire is None:
            self._wire = Wire(self._output, self._app.paint_missed)
        for number, call in self._signals.items():
            loop.add_signal_handler(number, call)
        self._send_size()
        self._take_screen()
        self._take_keys()
        self._ask()
        if is_again:
            self._app.call_later(self._app.paint_again)
        if self._must_signal_resume:
            self._must_signal_resume = False
            self._app.post_message(self.SignalResume())

    @property
    def _signals(self) -> dict[int, Any]:
        return {
            signal.SIGWINCH: self._resized,
            signal.SIGTSTP: self._sigtstp_application,
            signal.SIGCONT: self._sigcont_application,
        }

    def _sigtstp_application(self, *_: object) -> None:
        """Give the terminal back and stop, and with this process what may have started it."""
        if self._auto_restart:
            self.suspend_application_mode()
            self._must_signal_resume = True
        os.kill(0, signal.SIGSTOP)

    def _resized(self) -> None:
        if not self._in_band_window_resize:
            self._send_size()

    def _send_size(self) -> None:
        size = Size(*self._get_terminal_size())
        self._app.post_message(events.Resize(size, size))

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows as the terminal has them; COLUMNS may tell of another one."""
        for descriptor in (self._output, self.fileno):
            with suppress(OSError):
                columns, rows = os.get_terminal_size(descriptor)
                if columns and rows:
                    return columns, rows
        return 80, 24

    def _is_in_foreground(self) -> bool:
        """Whether the terminal is ours: SIGCONT also comes with `bg`. Else stop again."""
        if not os.isatty(self.fileno):
            return True
        numbers = (signal.SIGTTOU, signal.SIGTTIN)
        for number in numbers:
            signal.signal(number, lambda *_: os.kill(os.getpid(), signal.SIGSTOP))
        try:
            termios.tcsetattr(self.fileno, termios.TCSANOW, termios.tcgetattr(self.fileno))
        except termios.error:
            return False
        finally:
            for number in numbers:
                signal.signal(number, signal.SIG_DFL)
        return True

    def _take_screen(self) -> None:
        self._painter.forget()
        self._cursor = None
        self.write(self._enter() + HIDE_CURSOR + FOCUS_REPORTS)
        if self._has_shapes:
            self.write(STEADY_CURSOR)
        self.write(KITTY_KEYS)
        if self._app.text_order is Order.EXPLICIT:
            self.write(EXPLICIT)

    def _enter(self) -> str:
        return ALTERNATE_SCREEN

    def _leave(self) -> str:
        return NORMAL_SCREEN

    def _take_keys(self) -> None:
        with suppress(termios.error):
            attributes = termios.tcgetattr(self.fileno)
            if self.attrs_before is None:
                self.attrs_before = [*attributes]
            attributes[tty.LFLAG] = self._patch_lflag(attributes[tty.LFLAG])
            attributes[tty.IFLAG] = self._patch_iflag(attributes[tty.IFLAG])
            attributes[tty.CC][termios.VMIN] = 1
            termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)
        self._end_reading()
        self._keyboard = Keyboard(
            self.fileno, self.process_message, self._hung_up, debug=self._debug
        )
        self._keyboard.start()

    def _ask(self) -> None:
        self._request_terminal_sync_mode_support()
        self._query_in_band_window_resize()
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        self._enable_mouse_support()

    def _end_reading(self) -> None:
        if self._keyboard is not None:
            self._keyboard.stop()
            self._keyboard = None

    def disable_input(self) -> None:
        """Take no more keys; what was typed and not read is dropped."""
        if self._keyboard is not None:
            self._disable_mouse_support()
            self._end_reading()
            with suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCIFLUSH)

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        self._disable_bracketed_paste()
        self._enable_line_wrap()
        self._disable_in_band_window_resize()
        self.disable_input()
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
            self.attrs_before = None
        # The keyboard's state belongs to the screen it was set on.
        self.write(PLAIN_KEYS + self._leave())
        if self._has_shapes:
            self.write(OWN_CURSOR)
        if self._app.text_order is Order.EXPLICIT:
            self.write(IMPLICIT)
        self.write(SHOW_CURSOR + NO_FOCUS_REPORTS)

    def close(self) -> None:
        """Wait until the terminal has all that was written, then let it go."""
        if self._wire is not None:
            self._wire.drain(PATIENCE)
            self._wire.close()
            self._wire = None
