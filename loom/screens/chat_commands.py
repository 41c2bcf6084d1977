"""The chat screen's slash commands, one small method a row of `loom.commands`."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from loom.commands import COMMANDS, help_text, key_of, nearest, parse
from loom.core.errors import LoomError
from loom.core.protocol import (
    MODES,
    Compact,
    Mode,
    Rename,
    RetryNow,
    SetMode,
    SetModel,
    SetPrivate,
    UndoCompaction,
)
from loom.screens.welcome import lack_of
from loom.widgets.completion import Choice
from loom.widgets.keys import key_name, named, shown

if TYPE_CHECKING:
    from loom.screens.chat import ChatScreen


_WithValue = Callable[[str], Coroutine[None, None, Any]]

MODE_WORDS: dict[Mode, str] = {
    "ask": "reading; edits and commands are asked",
    "edit": "edits in this folder too; commands are asked",
    "auto": "everything inside the sandbox",
    "plan": "reading only; nothing is changed or run",
}
"""What each mode allows unasked."""


class ChatCommands:
    """Carries out `/name argument`."""

    def __init__(self, screen: "ChatScreen") -> None:
        self._screen = screen

    async def run(self, text: str) -> bool:
        """Do it; False when `text` is a message and not a command."""
        line = parse(text)
        if line is None:
            return False
        if line.command is None:
            self._say(f"There is no command /{line.name}.", nearest(line.name))
            return True
        await getattr(self, f"_{line.command.action}")(line.argument)
        return True

    def pick(self) -> None:
        """Offer every command that can be run as it is."""
        rows = [
            Choice(c.name, " · ".join(part for part in (c.summary, key_of(c, self._key)) if part))
            for c in COMMANDS
            if not c.argument or c.argument.startswith("[")
        ]
        self._choose("Commands", rows, lambda name: self.run(f"/{name}"))

    def _choose(
        self, title: str, choices: Iterable[Choice], then: _WithValue, current: str = ""
    ) -> None:
        """Let the person pick, and run `then` with the value."""
        from loom.widgets.picker_modal import PickerModal

        def picked(value: str | None) -> None:
            if value:
                self._screen.run_worker(then(value))

        self._screen.app.push_screen(PickerModal(title, choices, current=current), picked)

    def _say(self, text: str, hint: str = "") -> None:
        self._screen.transcript.notice(text, "info", hint)

    async def _help(self, argument: str) -> None:
        from loom.screens.help import HelpScreen

        rows = [
            (shown(self._screen.keymap, str(binding.id), binding.key), binding.description)
            for binding in named("", self._screen.KEYS)
        ]
        await self._screen.app.push_screen(HelpScreen(help_text(rows, self._key)))

    def _key(self, name: str, usual: str) -> str:
        chosen = self._screen.keymap.get(name)
        return key_name(chosen) if chosen else usual

    async def _new_thread(self, argument: str) -> None:
        await self._screen.action_new_thread()

    async def _threads(self, argument: str) -> None:
        await self._screen.action_threads()

    async def _tool_panel(self, argument: str) -> None:
        self._screen.action_tool_panel()

    async def _pick_model(self, argument: str) -> None:
        if argument:
            await self._use_model(argument)
            return
        host = self._screen.live.host
        if host is None:
            self._say("The server is still starting.")
            return
        try:
            models = await host.services.model.models()
        except LoomError as error:
            self._screen.complain(error)
            return
        choices = [
            Choice(
                f"{row['provider']} {row['model']}",
                lack_of(row),
                f"{row['provider']} · {row['model']}",
            )
            for row in models
        ]
        self._choose("Model", choices, self._use_model, self._in_use(models))

    def _in_use(self, models: Iterable[Mapping[str, Any]]) -> str:
        """The choice of the model that answers now; empty when it is none of them."""
        provider, model = self._screen.header.provider, self._screen.header.model
        for row in models:
            is_it = row["model"] == model or (model == provider and row.get("is_default"))
            if row["provider"] == provider and is_it:
                return f"{provider} {row['model']}"
        return ""

    async def _use_model(self, words: str) -> None:
        provider, _, model = words.partition(" ")
        await self._screen.submit(SetModel(provider, model.strip() or "default"))

    async def _set_mode(self, argument: str) -> None:
        mode = next((mode for mode in MODES if mode == argument), None)
        if mode is not None:
            await self._screen.submit(SetMode(mode))
        elif argument:
            self._say(f"There is no mode {argument}.", f"Modes: {', '.join(MODES)}.")
        else:
            choices = [Choice(m, MODE_WORDS[m]) for m in MODES]
            self._choose("What may run unasked", choices, self._set_mode, self._screen.status.mode)

    async def _compact(self, argument: str) -> None:
        await self._screen.submit(Compact(argument))

    async def _uncompact(self, argument: str) -> None:
        await self._screen.submit(UndoCompaction())

    async def _stop(self, argument: str) -> None:
        await self._screen.action_stop()

    async def _retry_now(self, argument: str) -> None:
        await self._screen.submit(RetryNow())

    async def _rename(self, argument: str) -> None:
        if argument:
            await self._screen.submit(Rename(argument))
        else:
            self._say("Write the title behind it: /rename The new title")

    async def _private(self, argument: str) -> None:
        is_private = not self._screen.header.is_private
        await self._screen.submit(SetPrivate(is_private))
        self._say(
            "This thread stays on this machine." if is_private else "This thread may be shared."
        )

    async def _copy(self, argument: str) -> None:
        from loom.screens.copies import NOTHING, WORDS, chosen

        host = self._screen.live.host
        thread_id = self._screen.conversation.thread_id
        if host is None or not thread_id:
            self._say(NOTHING)
            return
        text = await chosen(host.services.store, thread_id, argument)
        if text:
            self._screen.app.copy_to_clipboard(text)
        else:
            self._say(NOTHING if text == "" else f"There is no /copy {argument}.", WORDS)

    async def _go_to(self, argument: str) -> None:
        self._screen.action_go_to(argument)

    async def _previous_message(self, argument: str) -> None:
        self._screen.action_previous_message()

    async def _next_message(self, argument: str) -> None:
        self._screen.action_next_message()

    async def _free_mouse(self, argument: str) -> None:
        self._screen.action_free_mouse()

    async def _theme(self, argument: str) -> None:
        app = self._screen.app
        if argument in app.available_themes:
            app.theme = argument
        else:
            # Loom's own come first.
            names = sorted(
                app.available_themes, key=lambda name: (not name.startswith("loom"), name)
            )
            self._choose("Theme", map(Choice, names), self._theme, app.theme)

    async def _usage(self, argument: str) -> None:
        from loom.screens.usage import UsageScreen

        read = self._screen.start.read_usage
        if read is None:
            self._say("Usage cannot be read here.", "In a shell: loom usage")
        else:
            await self._screen.app.push_screen(UsageScreen(read))

    async def _support(self, argument: str) -> None:
        from loom.screens.support import SupportDesk

        desk = SupportDesk(self._screen)
        self._screen.run_worker(desk.answer(), group="support", exclusive=True)

    async def _leave(self, argument: str) -> None:
        self._screen.leave()
