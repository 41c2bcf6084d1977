"""Whatever a click does, a key does too: one row a place that takes the mouse."""

import inspect
import pkgutil
from importlib import import_module

from textual.widget import Widget

import loom.screens
import loom.widgets
from loom.screens.keymap import actions
from loom.widgets.permission_modal import CHOICES

KEY_FOR_CLICK = {
    # what is clicked: the action whose key does the same
    "ItemView": ("transcript.open", "newest"),
    "SelectView": ("transcript.copy_mode",),
    "CopyView": ("transcript.copy_mode",),
    "ThreadRows": ("threads.open",),
    "ToolPanel": ("tools.fold",),
    "CompletionList": ("input.complete", "input.send"),
    "ChoiceRow": (*CHOICES, "modal.pick"),
}


def clickable() -> set[str]:
    """Every class of ours that answers a click by itself."""
    found = set()
    for package in (loom.widgets, loom.screens):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for _, kind in inspect.getmembers(import_module(info.name), inspect.isclass):
                is_ours = kind.__module__.startswith("loom.") and issubclass(kind, Widget)
                if is_ours and {"on_click", "_on_click"} & kind.__dict__.keys():
                    found.add(kind.__name__)
    return found


def test_every_click_has_a_key() -> None:
    keys = {action.name: action.keys for action in actions()}
    assert clickable() == set(KEY_FOR_CLICK)
    assert all(keys[name] for names in KEY_FOR_CLICK.values() for name in names)
