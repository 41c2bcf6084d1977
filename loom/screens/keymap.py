"""Every action with its keys, and what the person's `[keys]` make of them."""

import string
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from loom.screens.app_keys import APP_KEYS
from loom.screens.chat_frame import ChatFrame
from loom.screens.help import HelpScreen
from loom.screens.usage import UsageScreen
from loom.widgets.find_bar import FindBar
from loom.widgets.keys import UNBOUND, named
from loom.widgets.modal import Modal
from loom.widgets.permission_modal import CHOICES, PermissionModal
from loom.widgets.picker_modal import PickerModal
from loom.widgets.prompt_area import PromptArea
from loom.widgets.scrollable import Scrollable
from loom.widgets.thread_list import ThreadList, ThreadRows
from loom.widgets.tool_panel import ToolPanel
from loom.widgets.transcript.code_blocks import CodeView
from loom.widgets.transcript.copy_mode import CopyView
from loom.widgets.transcript.cursor import ItemView
from loom.widgets.transcript.finding import FindView
from loom.widgets.transcript.turns import TurnView

_WIDGETS = (
    *(PromptArea, ItemView, CopyView, CodeView, FindView, TurnView),
    *(Scrollable, ThreadRows, ThreadList, ToolPanel),
    *(Modal, PermissionModal, PickerModal, HelpScreen, UsageScreen, FindBar),
)

NEEDED = frozenset(
    {"interrupt", "back", "modal.cancel", "picker.cancel", "help_page.leave", "usage.leave"}
)
"""Actions that always have a key: without them there is no way out."""

_MODIFIERS = ("ctrl", "alt", "shift", "super", "meta", "hyper")
_ALIASES = {
    "esc": "escape",
    "return": "enter",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "del": "delete",
    "ins": "insert",
    "control": "ctrl",
    "option": "alt",
    "cmd": "super",
}


class Action(NamedTuple):
    """Something a key does. `keys` are those it has unless the person says otherwise."""

    name: str
    keys: tuple[str, ...]
    summary: str
    is_everywhere: bool = False

    @property
    def place(self) -> str:
        """Where its keys work; empty for the whole chat screen."""
        return self.name.rpartition(".")[0]


class Resolved(NamedTuple):
    """The keymap that the person's words mean, and what is wrong with them."""

    keymap: dict[str, str]
    warnings: tuple[str, ...] = ()


def actions() -> list[Action]:
    """Every action that can have other keys, in the order of the places."""
    rows = [*named("", ChatFrame.KEYS), *APP_KEYS]
    for widget in _WIDGETS:
        rows += (row for row in widget.__dict__["BINDINGS"] if isinstance(row, Binding))
    found = [
        Action(str(row.id), tuple(row.key.split(",")), row.description, row.priority)
        for row in rows
        if row.id
    ]
    answers = [Action(name, (option.key,), option.label) for name, option in CHOICES.items()]
    return [*found, *answers]


def resolve(chosen: Mapping[str, tuple[str, ...]]) -> Resolved:
    """What the person's keys mean.

    Args:
        chosen: keys by the names of actions; no key at all unbinds.
    """
    known = {action.name: action for action in actions()}
    keymap: dict[str, str] = {}
    warnings: list[str] = []
    for name, words in chosen.items():
        if name not in known:
            warnings.append(f"keys.{name}: there is no such action{_nearest(name, known)}")
            continue
        keys = [_understood(word) for word in words if word.strip()]
        problem = next(filter(None, map(_problem, keys)), "") or _objection(known[name], keys)
        if problem:
            warnings.append(f"keys.{name}: {problem}")
        else:
            keymap[name] = ",".join(keys) or UNBOUND
    warnings += _conflicts(known.values(), keymap)
    return Resolved(keymap, tuple(warnings))


def _understood(word: str) -> str:
    """A key as Textual names it: `Ctrl+T` is `ctrl+t`, `?` is `question_mark`."""
    *modifiers, last = word.strip().split("+") if len(word.strip()) > 1 else [word.strip()]
    parts = [_ALIASES.get(part.lower(), part.lower()) for part in modifiers]
    if len(last) == 1:
        last = _character_name(last.lower() if modifiers else last)
    else:
        last = _ALIASES.get(last.lower(), last.lower())
    return "+".join([*sorted(parts, key=_place_of), last])


def _place_of(modifier: str) -> int:
    """Textual names modifiers in this order."""
    order = ("alt", "ctrl", "hyper", "meta", "shift", "super")
    return order.index(modifier) if modifier in order else -1


def _character_name(character: str) -> str:
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


_NAMES = frozenset(
    {key.value.rpartition("+")[2] for key in Keys if not key.value.startswith("<")}
    | {_character_name(character) for character in string.printable if character.isprintable()}
)
"""Every key without its modifiers."""


def _problem(key: str) -> str:
    """Why this is no key; empty when it is one."""
    *modifiers, last = key.split("+")
    for part, names in [*((m, _MODIFIERS) for m in modifiers), (last, _NAMES)]:
        if part not in names and not (names is _NAMES and len(part) == 1):
            return f"there is no key {key}{_nearest(part, names)}"
    return ""


def _objection(action: Action, keys: list[str]) -> str:
    """Why the action cannot have these keys; empty when it can."""
    if not keys and action.name in NEEDED:
        return "it needs a key, for without it there is no way out"
    letters = [key for key in keys if _is_written(key)]
    if letters and (action.is_everywhere or action.place == "input"):
        return f"{letters[0]} could not be written in the input any more"
    return ""


def _is_written(key: str) -> bool:
    return len(key) == 1 or key in {_character_name(c) for c in f"{string.punctuation} "}


def _nearest(word: str, names: Iterable[str]) -> str:
    near = get_close_matches(word, list(names), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def _conflicts(known: Iterable[Action], keymap: Mapping[str, str]) -> Iterator[str]:
    """Two actions of one place under one key, where the person's choice made it so."""
    taken: dict[tuple[str, str], str] = {}
    for action in known:
        for key in keymap.get(action.name, ",".join(action.keys)).split(","):
            other = taken.setdefault((action.place, key), action.name)
            if other != action.name and key != UNBOUND and {other, action.name} & keymap.keys():
                yield f"keys: {key} is both {other} and {action.name}"
