"""The slash commands of the linear front end, one small method each."""

import asyncio
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from loom.commands import COMMANDS, nearest, parse
from loom.core.errors import LoomError
from loom.core.messages import Thread
from loom.core.protocol import (
    MODES,
    Cancel,
    Compact,
    Rename,
    RetryNow,
    SetMode,
    SetModel,
    SetPrivate,
    UndoCompaction,
)
from loom.plain.support import support
from loom.plain.words import MODE_WORDS
from loom.screens.welcome import lack_of

if TYPE_CHECKING:
    from loom.plain.talk import Talk

_LISTED = 20
_CLIPBOARDS = (
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
    ("pbcopy",),
    ("clip.exe",),
)

_OWN = {
    "resume": "go on with a thread, by its number in /threads or its ID",
    "output": "read all that the last tool answered",
    "again": "read the last answer again",
    "support": "hear what the server's support asks to read; /support yes 1 or no 1 answers",
    "copy": "copy the last answer; /copy FILE writes it to a file",
}
"""What this front end has beside, or otherwise than, the table of commands."""

_HELP = """\
Write, and Enter sends. A line that ends in a backslash goes on in the next; so does a text between
lines of three double quotes. ! runs a shell line. Ctrl+C stops Loom, twice it leaves; so does the
end of input (Ctrl+D). While Loom works you can type the next message, which is queued."""


class PlainCommands:
    """Carries out `/name argument`."""

    def __init__(self, talk: "Talk") -> None:
        self._talk = talk
        self._listed: list[Thread] = []

    async def run(self, text: str) -> bool:
        """Do it; False when `text` is a message and not a command."""
        line = parse(text)
        if line is None:
            return False
        command = self._rows().get(line.name)
        if command is None:
            hint = "It needs the screen." if line.command else nearest(line.name)
            self._say(f"There is no command /{line.name} here. {hint} /help lists them.")
            return True
        await command(line.argument)
        return True

    def _rows(self) -> dict[str, Callable[[str], Awaitable[None]]]:
        return {
            "help": self._help,
            "new": self._new,
            "threads": self._threads,
            "resume": self._resume,
            "model": self._model,
            "mode": self._mode,
            "compact": self._compact,
            "uncompact": self._uncompact,
            "stop": self._stop,
            "retry": self._retry,
            "rename": self._rename,
            "private": self._private,
            "copy": self._copy,
            "support": self._support,
            "again": self._again,
            "output": self._output,
            "quit": self._quit,
        }

    def _say(self, text: str) -> None:
        self._talk.voice.say(text)

    async def _help(self, argument: str) -> None:
        rows = self._rows()
        told = {c.name: f"{c.argument}: {c.summary}".lstrip(": ") for c in COMMANDS}
        lines = [f"/{name} {_OWN.get(name) or told[name]}" for name in rows]
        self._say("\n".join([_HELP, *lines]))

    async def _new(self, argument: str) -> None:
        await self._talk.open_new()

    async def _threads(self, argument: str) -> None:
        store = self._talk.host.services.store
        found = await store.list(search=argument or None, limit=5 * _LISTED)
        self._listed = [thread for thread in found if thread.message_count][:_LISTED]
        rows = [
            f"{number}: {thread.title or thread.id}, in {thread.workspace}"
            for number, thread in enumerate(self._listed, 1)
        ]
        self._say("\n".join(rows or ["There are no threads yet."]))
        if rows:
            self._say("/resume and the number goes on with one.")

    async def _resume(self, argument: str) -> None:
        number = int(argument) if argument.isdecimal() else 0
        if 0 < number <= len(self._listed):
            argument = self._listed[number - 1].id
        if argument:
            await self._talk.open_thread(argument)
        else:
            self._say("Write its number behind it; /threads lists them.")

    async def _model(self, argument: str) -> None:
        if argument:
            provider, _, model = argument.partition(" ")
            await self._talk.submit(SetModel(provider, model.strip() or "default"))
            return
        for row in await self._talk.host.services.model.models():
            lack = lack_of(row)
            self._say(f"{row['provider']} {row['model']}{lack and f', {lack}'}")
        self._say("/model PROVIDER MODEL chooses one.")

    async def _mode(self, argument: str) -> None:
        mode = next((mode for mode in MODES if mode == argument), None)
        if mode is not None:
            await self._talk.submit(SetMode(mode))
        else:
            rows = [f"{mode}: {MODE_WORDS[mode]}." for mode in MODES]
            self._say("\n".join([*rows, "/mode NAME chooses one."]))

    async def _compact(self, argument: str) -> None:
        await self._talk.submit(Compact(argument))

    async def _uncompact(self, argument: str) -> None:
        await self._talk.submit(UndoCompaction())

    async def _stop(self, argument: str) -> None:
        if self._talk.floor.in_turn:
            await self._talk.submit(Cancel())
        else:
            self._say("Loom rests.")

    async def _retry(self, argument: str) -> None:
        await self._talk.submit(RetryNow())

    async def _rename(self, argument: str) -> None:
        if argument:
            await self._talk.submit(Rename(argument))
            self._say(f"Thread: {argument}")
        else:
            self._say("Write the title behind it.")

    async def _private(self, argument: str) -> None:
        is_private = not self._talk.narrator.is_private
        await self._talk.submit(SetPrivate(is_private))
        self._say(
            "This thread stays on this machine." if is_private else "This thread may be shared."
        )

    async def _copy(self, argument: str) -> None:
        answer = self._talk.narrator.last_answer
        if not answer:
            self._say("There is no answer to copy yet.")
        elif argument:
            self._say(await asyncio.to_thread(_written, Path(argument).expanduser(), answer))
        else:
            self._say(await _copied(answer))

    async def _again(self, argument: str) -> None:
        self._say(self._talk.narrator.last_answer or "There is no answer yet.")

    async def _output(self, argument: str) -> None:
        self._say(self._talk.narrator.last_output or "No tool has answered yet.")

    async def _support(self, argument: str) -> None:
        await support(self._talk.shares(), argument, self._say)

    async def _quit(self, argument: str) -> None:
        self._talk.leave()


def _written(path: Path, text: str) -> str:
    """Keep the text as a new file, and say so; none is overwritten."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text if text.endswith("\n") else f"{text}\n")
    except OSError as error:
        return f"It could not be written: {error}"
    return f"The last answer is in {path}."


async def _copied(text: str) -> str:
    """Hand the text to the desktop's clipboard, where there is one; what became of it."""
    words = next((words for words in _CLIPBOARDS if shutil.which(words[0])), None)
    if words is None:
        return "There is no clipboard program here; /copy FILE writes the answer to a file."
    child = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL)
    await child.communicate(text.encode())
    if child.returncode:
        return f"{words[0]} failed; /copy FILE writes the answer to a file."
    return f"The last answer was handed to {words[0]}."


def told(error: LoomError) -> str:
    """An error of ours in one line."""
    return f"Error: {error.message}. {error.hint}".rstrip()
