"""From words to a module's `run`: the first word decides.

A name from the table of commands is that subcommand; anything else is a prompt, and after `--`
every word is part of the prompt.
"""

import gc
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Protocol, cast

from loom.cli import default
from loom.cli.commands import BY_NAME
from loom.cli.status import FAILED


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
    if words and words[0] in BY_NAME:
        return _reported(lambda: _run_command(words[0], words[1:]))
    args = default.parse(words)
    return _reported(lambda: load(default.module_for(args)).run(args))


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


def _run_command(name: str, words: Sequence[str]) -> int:
    command = load(BY_NAME[name].module)
    parser = ArgumentParser(
        prog=f"loom {name}",
        description=command.HELP,
        formatter_class=RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def _reported(run: Callable[[], int]) -> int:
    # The errors come with msgspec; `--help` and wrong usage have no need to wait for it.
    from loom.core.errors import LoomError

    try:
        return run()
    except LoomError as error:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"loom: {error.message}{hint}", file=sys.stderr)
        return FAILED
