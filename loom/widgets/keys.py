"""Keys of actions: stable names, other keys for them, and how a key is written for people."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App
    from textual.binding import Binding

Keymap = Mapping[str, str]
"""Keys by the action's name, several with commas between; only of actions with other keys."""

UNBOUND = "unbound"
"""A key that no terminal sends."""

_NAMES = {
    "escape": "Esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "question_mark": "?",
    "slash": "/",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    UNBOUND: "no key",
}


def named(place: str, bindings: "Iterable[Binding]") -> "list[Binding]":
    """The bindings with the names by which people remap them: `place.name`.

    The name is a binding's id, or else its action's; a place without a name adds none.
    """
    return [
        replace(binding, id=f"{place}.{binding.id or binding.action}".removeprefix("."))
        for binding in bindings
    ]


def shown(keymap: Keymap, name: str, default: str) -> str:
    """The action's keys as a person writes them: `Ctrl+Down or i`."""
    return key_name(keymap.get(name, default))


def way(keymap: Keymap, name: str, usual: str, command: str) -> str:
    """How one gets at an action: its first key as a person writes it, or else its command."""
    first = keymap.get(name, usual).split(",")[0]
    return command if first == UNBOUND else key_name(first)


def way_now(app: "App[Any]", name: str, usual: str) -> str:
    """The first key that does it in the running app; empty when the person wants none for it."""
    return way(app._keymap, name, usual, "")


def key_name(keys: str) -> str:
    """`ctrl+down,i` as a person writes it: `Ctrl+Down or i`."""
    return " or ".join(_one(key) for key in keys.split(","))


def brief(keys: str) -> str:
    """The first of the keys in few cells: `^P`, `Enter`."""
    first = keys.split(",")[0]
    modifier, _, letter = first.rpartition("+")
    return f"^{letter.upper()}" if modifier == "ctrl" and len(letter) == 1 else _one(first)


def _one(key: str) -> str:
    *modifiers, last = key.split("+")
    if modifiers or len(last) > 1:
        last = _NAMES.get(last, last.capitalize())
    return "+".join([*(modifier.capitalize() for modifier in modifiers), last])
