"""Whatever a click does, a key does too: one row a place that takes the mouse."""

import inspect
import pkgutil
from importlib import import_module

from textual.widget import Widget

import loom.screens
import loom.widgets
from loom.screens.chat_frame import ChatFrame
from loom.screens.keymap import _WIDGETS, actions
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


def widgets_with(*names: str) -> set[type]:
    """Every widget of ours that itself has an attribute of one of these names."""
    found = set()
    for package in (loom.widgets, loom.screens):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for _, kind in inspect.getmembers(import_module(info.name), inspect.isclass):
                is_ours = kind.__module__.startswith("loom.") and issubclass(kind, Widget)
                if is_ours and set(names) & kind.__dict__.keys():
                    found.add(kind)
    return found


def test_every_click_has_a_key() -> None:
    keys = {action.name: action.keys for action in actions()}
    clickable = widgets_with("on_click", "_on_click")
    assert {kind.__name__ for kind in clickable} == set(KEY_FOR_CLICK)
    assert all(keys[name] for names in KEY_FOR_CLICK.values() for name in names)


def test_the_keys_of_every_widget_are_known() -> None:
    assert widgets_with("BINDINGS") - set(_WIDGETS) == {ChatFrame}
