"""The Textual app: themes, style sheets, the palette, and one chat screen."""

import asyncio
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.driver import Driver
from textual.notifications import SeverityLevel
from textual.screen import Screen

from loom.screens.app_keys import APP_KEYS
from loom.screens.chat import ChatScreen
from loom.screens.start import Start
from loom.terminal.app import TerminalApp
from loom.terminal.driver import LoomDriver
from loom.widgets.styles import first_stylesheets
from loom.widgets.theme import THEMES, own_variables
from loom.widgets.transcript.copy_mode import CopyView

if TYPE_CHECKING:
    from loom.widgets.modal import Modal

_ENDS = (signal.SIGTERM, signal.SIGHUP)


class LoomApp(TerminalApp):
    """Loom on a terminal or in a browser."""

    TITLE = "Loom"
    ENABLE_COMMAND_PALETTE = False  # Textual's own; Loom's has another key where one is chosen
    BINDINGS: ClassVar[list[BindingType]] = [*APP_KEYS]

    def __init__(self, start: Start) -> None:
        self._start = start
        super().__init__(start.order, css_path=[*first_stylesheets()])
        self._chat = _screen_of(start)
        self._copied = ""
        for theme in THEMES:
            self.register_theme(theme)
        if start.keymap:
            self.set_keymap(start.keymap)
        self._wear(start.theme if start.theme in self.available_themes else "loom-dark")
        if start.reduced_motion:
            self.animation_level = "none"

    def _wear(self, name: str) -> None:
        """Have a theme on from the start: setting `theme` would parse every style sheet again."""
        self.set_reactive(TerminalApp.theme, name)
        theme = self.current_theme
        classes = {f"-theme-{name}": True, "-dark-mode": theme.dark, "-light-mode": not theme.dark}
        self.update_classes(classes, update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_driver_class(self) -> type[Driver]:
        """The driver that lives below the scrollback, where that was asked for."""
        chosen = super().get_driver_class()
        if not (self._start.is_inline and chosen is LoomDriver):
            return chosen
        from loom.terminal.inline import InlineDriver

        return InlineDriver

    @property
    def last_thread(self) -> str:
        """Id of the thread that was on the screen last; empty when nothing was said in it."""
        return self._chat.spoken_thread

    def _fatal_error(self) -> None:
        """In place of Textual's, which prints every frame's variables: keys may be among them."""
        # What a worker raised is being handled; the exception Textual keeps for it has no trace.
        error = sys.exception() or self._exception
        where = self._start.report_crash(error) if error else ""
        log = f" What happened is in {where}." if where else ""
        self.panic(f"Loom met an error of its own and had to end; the thread is saved.{log}")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Loom's own variables, so that every theme can be used."""
        return own_variables(self.current_theme, has_colours=not self.no_color)

    def get_default_screen(self) -> Screen[None]:
        """The conversation, and no blank screen before it."""
        return self._chat

    def on_mount(self) -> None:
        """A signal leaves as a key does: the sessions are closed and the terminal is given back."""
        for number in _ENDS:
            # There are none in a thread, where tests and embedders may run an app.
            with suppress(RuntimeError, ValueError, NotImplementedError):
                asyncio.get_running_loop().add_signal_handler(number, self.action_leave)

    @property
    def clipboard(self) -> str:
        """What was copied last in this app."""
        return self._copied

    def copy_to_clipboard(self, text: str) -> None:
        """Copy by whatever reaches the person's clipboard, and tell what became of it."""
        self._copied = text
        self.run_worker(self._copy(text), group="clipboard", exclusive=True)

    async def _copy(self, text: str) -> None:
        from loom.screens.copying import copied

        outcome = await copied(text, self, self._start)
        said = "\n".join(filter(None, (outcome.text, outcome.hint)))
        severity: SeverityLevel = "information" if outcome.is_certain else "warning"
        self.notify(said, severity=severity, markup=False)

    def on_copy_view_opened(self, event: CopyView.Opened) -> None:
        """Open what a person points at in the conversation."""
        from loom.screens.opening import Opening

        opening = Opening(self, self._start.workspace, self._start.environment)
        self.run_worker(opening.open(event.target), group="opening", exclusive=True)

    def on_unmount(self) -> None:
        """The loop may go on to other things."""
        for number in _ENDS:
            asyncio.get_running_loop().remove_signal_handler(number)

    def hung_up(self) -> None:
        """The terminal is gone: what is open is closed as on a key."""
        self.action_leave()

    def action_leave(self) -> None:
        """Close the sessions, then the app."""
        self._chat.leave()

    def action_command_palette(self) -> None:
        """Every command that needs no argument, to be found by its name."""
        if isinstance(self.screen, ChatScreen):
            self.screen.commands.pick()

    def on_modal_typed_ahead(self, event: "Modal.TypedAhead") -> None:
        """A letter typed while a question came up belongs to the input."""
        self._chat.prompt.insert_text(event.character)


def _screen_of(start: Start) -> ChatScreen:
    if not start.is_inline:
        return ChatScreen(start)
    from loom.screens.inline import InlineScreen

    return InlineScreen(start)
