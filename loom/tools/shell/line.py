"""A shell line as permissions judge it."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from loom.tools.shell.grammar import read
from loom.tools.shell.harmless import is_harmless
from loom.tools.shell.inner import expand, normal
from loom.tools.shell.reading import Reading
from loom.tools.shell.words import Unreadable
from loom.tools.shell.wrappers import Words

_MAX_DEPTH = 5
_SINKS = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"})
_SHELLS_OWN = re.compile(r"\d+|[@*#?$!_-]")


class ShellLine(Struct, frozen=True):
    """What a line would run.

    Attributes:
        targets: each simple command, commands inside of commands too, and `> FILE` for each file
            that a redirection writes.
        is_parsed: `targets` is complete: nothing else is run. False when in doubt.
        is_read_only: made only of commands known to change nothing.
        harmless: the targets that are such commands.
        uncertain: the targets with words that only the shell will know.
        literals: every word as it is written, for `stays_in`.
        has_unknown: a word holds what a variable of the environment or another command says.
    """

    targets: tuple[str, ...] = ()
    is_parsed: bool = True
    is_read_only: bool = False
    harmless: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    has_unknown: bool = False

    def stays_in(self, *folders: Path) -> bool:
        """No word names a place outside of all `folders`, as far as words tell.

        A link in a folder may still lead out, and a program may look where no word points:
        the sandbox is what confines, this is what decides whether to ask.
        """
        if self.has_unknown or not self.is_parsed:
            return False
        return not any(_leads_out(literal, folders) for literal in self.literals)


@lru_cache(maxsize=64)
def parse(command: str) -> ShellLine:
    """What `command` would run. Never raises: a line that cannot be read is not parsed."""
    try:
        commands, readings = _read(command)
    except (Unreadable, RecursionError):
        return ShellLine((command,), is_parsed=False)
    written = [path for one in readings for path in one.written if path not in _SINKS]
    return ShellLine(
        (*_targets(commands), *dict.fromkeys(f"> {path}" for path in written)),
        is_read_only=not written and all(map(is_harmless, commands)),
        harmless=_targets(filter(is_harmless, commands)),
        uncertain=_targets(words for words in commands if not all(w.is_static for w in words)),
        literals=tuple(literal for one in readings for literal in one.literals),
        has_unknown=any(map(_has_unknown, readings)),
    )


def _read(command: str, depth: int = 0) -> tuple[list[Words], list[Reading]]:
    if depth > _MAX_DEPTH:
        raise Unreadable("shells within shells within shells")
    reading = read(command)
    readings = [reading]

    def read_line(line: str) -> list[Words]:
        commands, more = _read(line, depth + 1)
        readings.extend(more)
        return commands

    commands = [inner for words in reading.commands for inner in expand(words, read_line)]
    return commands, readings


def _targets(commands: Iterable[Words]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for words in commands:
        found[" ".join(word.text for word in words)] = None
        plain = normal(words)
        if plain is not None:
            found[plain] = None
    return tuple(found)


def _has_unknown(reading: Reading) -> bool:
    names = {name for name in reading.used if not _SHELLS_OWN.fullmatch(name)}
    return reading.is_computed or not names <= reading.assigned


def _leads_out(literal: str, folders: tuple[Path, ...]) -> bool:
    """A path in it, also behind `=`, `:` or an option's letter, is outside of all `folders`."""
    if ".." in re.split(r"[/=:,]", literal) or re.search(r"(^|[=:,])~", literal):
        return True
    for match in re.finditer(r"(?:^|[=:,]|^-\w)(/[^=:,]*)", literal):
        path = Path(match[1])
        if match[1] not in _SINKS and not any(map(path.is_relative_to, folders)):
            return True
    return False
