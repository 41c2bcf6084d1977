"""The chat's input, and what it completes."""

from loom.commands import COMMANDS
from loom.screens.mentions import Mentions
from loom.widgets.completion import Choice
from loom.widgets.input import PromptInput
from loom.widgets.keys import Keymap


def prompt_of(mentions: Mentions, keymap: Keymap | None) -> PromptInput:
    """An input with the slash commands, the workspace's files and the store's threads."""
    return PromptInput(
        complete_files=mentions.files,
        on_file=mentions.used,
        complete_threads=mentions.threads,
        commands=[Choice(c.name, c.summary, is_whole=not c.argument) for c in COMMANDS],
        keymap=keymap,
    )
