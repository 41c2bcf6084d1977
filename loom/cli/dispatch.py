"""From words to a module's `run`: the first word decides.

A name from the table of commands is that subcommand; anything else is a prompt, and after `--`
every word is part of the prompt.
"""

import gc
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import groupby
from typing import Protocol, cast

from loom.cli import default
from loom.cli.commands import BY_NAME
from loom.cli.status import FAILED, WRONG_USAGE

NEAR = 0.8
"""From which likeness on a word is a slip in a command's name. Source: difflib's ratio."""
WIDEST = 100
"""Columns of a paragraph of help."""
_AS_PROMPT = "To say it to the model: loom --"


class CommandModule(Protocol):
    """What a subcommand's module offers."""

    HELP: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the subcommand's own arguments."""
        ...

    def run(self, args: Namespace) -> int:
        """Does it; returns the exit status."""
        ...


def dispatch(words: Sequence[str]) -> int:
    """Runs what `words` ask for; an error of ours becomes one line and status 1.

    Raises:
        SystemExit: for `--help` and wrong usage.
    """
    if words[:1] == ["help"] and all(word in BY_NAME for word in words[1:2]) and len(words) <= 2:
        words = [*words[1:], "--help"]
    if words and words[0] in BY_NAME:
        return _reported(lambda: _run_command(words[0], words[1:]))
    if len(words) == 1 and (meant := _meant(words[0])):
        print(
            f"loom: there is no command {words[0]}; {meant}? {_AS_PROMPT} {words[0]}",
            file=sys.stderr,
        )
        return WRONG_USAGE
    args = default.parse(words)
    return _reported(lambda: load(default.module_for(args)).run(args))


def _meant(word: str) -> str:
    """The command that a single word is nearly; "" for a prompt."""
    if not word.replace("-", "").isalpha() or word.startswith("-"):
        return ""
    # Hardly anybody's first message is one word: nobody else waits for this.
    from difflib import get_close_matches

    return next((f"loom {name}" for name in get_close_matches(word, BY_NAME, 1, NEAR)), "")


def load(module: str) -> CommandModule:
    """The module of that name, imported now.

    What is imported stays: looking through it for garbage would be in vain, now and later.
    """
    gc.disable()
    try:
        return cast(CommandModule, import_module(module))
    finally:
        gc.freeze()
        gc.enable()


class Description(RawDescriptionHelpFormatter):
    """Paragraphs are as wide as the terminal, but no wider than one reads; examples stay."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        from textwrap import wrap

        lines: list[str] = []
        for is_prose, group in groupby(text.splitlines(), lambda line: line[:1].strip() != ""):
            block = list(group)
            lines += wrap(" ".join(block), min(width, WIDEST)) if is_prose else block
        return "\n".join(f"{indent}{line}" for line in lines)


def _run_command(name: str, words: Sequence[str]) -> int:
    command = load(BY_NAME[name].module)
    parser = ArgumentParser(
        prog=f"loom {name}",
        description=command.HELP,
        formatter_class=Description,
    )
    command.add_arguments(parser)
    try:
        args = parser.parse_args(words)
    except SystemExit as ended:
        if ended.code == WRONG_USAGE and words and not any(each[:1] == "-" for each in words):
            print(f"{_AS_PROMPT} {name} {words[0]} …", file=sys.stderr)
        raise
    return command.run(args)


def _reported(run: Callable[[], int]) -> int:
    # The errors come with msgspec; `--help` and wrong usage have no need to wait for it.
    from loom.core.errors import LoomError

    try:
        return run()
    except LoomError as error:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"loom: {error.message}{hint}", file=sys.stderr)
        return FAILED
