"""What the word under the caret may become: a file after @, a command after /, a thread after #."""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Literal, NamedTuple, TypeVar

from loom.widgets.completion import Choice, Row
from loom.widgets.fuzzy import rank

Sign = Literal["@", "#", "/"]
FileCompleter = Callable[[str], Iterable[str] | Awaitable[Iterable[str]]]
ThreadCompleter = Callable[[str], Iterable[Choice] | Awaitable[Iterable[Choice]]]

Item = TypeVar("Item")

_WORD = re.compile(r"(?:^|(?<=\s))([@#])(\S*)$")
_COMMAND = re.compile(r"^(/)([\w-]*)$")


class Trigger(NamedTuple):
    """A word that can be completed; `start` is the column of its sign."""

    sign: Sign
    query: str
    start: int


def trigger_in(before: str, is_first_line: bool) -> Trigger | None:
    """The word at the end of `before`, the line's text up to the caret; None when it is plain."""
    found = (_COMMAND.search(before) if is_first_line else None) or _WORD.search(before)
    if found is None:
        return None
    return Trigger(found[1], found[2], found.start(1))  # type: ignore[arg-type]  # by the patterns


def completed(sign: Sign, value: str) -> str:
    """The text that replaces the word; a folder stays open for what is in it."""
    if sign == "@" and value.endswith("/"):
        return f"@{value}"
    return f'@"{value}" ' if sign == "@" and " " in value else f"{sign}{value} "


class Sources:
    """Where choices come from; a completer may be a coroutine function."""

    def __init__(
        self,
        files: FileCompleter | None = None,
        threads: ThreadCompleter | None = None,
        commands: Sequence[Choice] = (),
    ) -> None:
        self._files = files
        self._threads = threads
        self._commands = commands

    async def rows(self, trigger: Trigger) -> list[Row]:
        """What fits, best first."""
        choices = await self._choices(trigger)
        return [
            Row(choice, found.positions) for choice, found in rank(trigger.query, choices, _name)
        ]

    async def _choices(self, trigger: Trigger) -> Iterable[Choice]:
        if trigger.sign == "/":
            return self._commands
        if trigger.sign == "#":
            return await _called(self._threads, trigger.query) if self._threads else ()
        found = await _called(self._files, trigger.query) if self._files else ()
        return [Choice(path) for path in found]


async def _called(
    completer: Callable[[str], Iterable[Item] | Awaitable[Iterable[Item]]], query: str
) -> Iterable[Item]:
    found = completer(query)
    return await found if inspect.isawaitable(found) else found


def _name(choice: Choice) -> str:
    return choice.label or choice.value
