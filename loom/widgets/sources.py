"""What the word under the caret may become: a file after @, a command after /, a thread after #."""

import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from loom.core.fuzzy import rank
from loom.widgets.completion import Choice, Row

Sign = Literal["@", "#", "/"]
FileCompleter = Callable[[str], AsyncIterator[Sequence[Row]]]
"""Ranked rows for a query, as often as there are better ones."""
ThreadCompleter = Callable[[str], Iterable[Choice] | Awaitable[Iterable[Choice]]]

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

    async def rows(self, trigger: Trigger) -> AsyncIterator[Sequence[Row]]:
        """What fits, best first; more than once where better fits come later."""
        if trigger.sign == "@":
            if self._files is not None:
                async for rows in self._files(trigger.query):
                    yield rows
            return
        choices = self._commands if trigger.sign == "/" else await self._found(trigger.query)
        fits = rank(trigger.query, choices, _name)
        yield [Row(choice, fit.positions) for choice, fit in fits]

    async def _found(self, query: str) -> Iterable[Choice]:
        found = self._threads(query) if self._threads else ()
        return await found if inspect.isawaitable(found) else found


def _name(choice: Choice) -> str:
    return choice.label or choice.value
