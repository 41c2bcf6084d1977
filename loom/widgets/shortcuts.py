"""The keys that help now: by what goes on, and by where the keyboard is."""

from collections.abc import Mapping
from typing import NamedTuple

from loom.widgets.keys import UNBOUND, Keymap, brief


class Shortcut(NamedTuple):
    """A key, what it does in a word, and the action by whose name it can be another key."""

    key: str
    label: str
    action: str = ""


Shortcuts = Mapping[str, tuple[Shortcut, ...]]

_COMMANDS = Shortcut("^P", "commands", "palette")
_HELP = Shortcut("F1", "help", "help")
_TO_INPUT = Shortcut("Esc", "input", "back")

SHORTCUTS: Shortcuts = {
    "resting": (Shortcut("Enter", "send", "input.send"), _COMMANDS, _HELP),
    "working": (Shortcut("Esc", "stop", "input.stop"), _COMMANDS),
    "retrying": (Shortcut("Esc", "give up", "input.stop"), _COMMANDS),
    "asking": (
        Shortcut("y", "allow", "permission.allow"),
        Shortcut("n", "deny", "permission.deny"),
    ),
    "aside": (Shortcut("^G", "answer", "answer"), Shortcut("Esc", "stop", "input.stop")),
    "conversation": (
        Shortcut("Enter", "open", "transcript.open"),
        Shortcut("y", "copy", "transcript.copy"),
        _TO_INPUT,
    ),
    "threads": (
        Shortcut("Enter", "open", "threads.open"),
        Shortcut("/", "search", "threads.search"),
        _TO_INPUT,
    ),
    "search": (Shortcut("Enter", "open"), Shortcut("Esc", "list", "threads.leave_search")),
    "calls": (Shortcut("Enter", "open", "tools.fold"), _TO_INPUT),
    "find": (Shortcut("Esc", "close", "find.close"), _COMMANDS, _HELP),
}
"""By the situation, or the place that has the keyboard when it is not the input; the most useful
first."""


def shortcuts(keymap: Keymap) -> Shortcuts:
    """SHORTCUTS with the keys that the person chose, without those that have none."""
    return {name: tuple(_chosen(rows, keymap)) for name, rows in SHORTCUTS.items()}


def _chosen(rows: tuple[Shortcut, ...], keymap: Keymap) -> list[Shortcut]:
    return [
        row._replace(key=brief(keymap[row.action])) if row.action in keymap else row
        for row in rows
        if keymap.get(row.action) != UNBOUND
    ]
