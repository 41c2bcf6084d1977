"""Keys that help now are true wherever the keyboard is."""

from loom.screens.keymap import actions
from loom.widgets.keys import UNBOUND, brief
from loom.widgets.shortcuts import SHORTCUTS, shortcuts


def test_every_key_that_is_shown_is_one_of_its_actions() -> None:
    keys = {action.name: action.keys for action in actions()}
    for row in (row for rows in SHORTCUTS.values() for row in rows):
        assert not row.action or row.key in map(brief, keys[row.action])


def test_a_key_that_the_person_chose_is_shown_and_one_that_is_none_is_not() -> None:
    rows = shortcuts({"input.send": "ctrl+s", "palette": UNBOUND})["resting"]
    assert [(row.key, row.label) for row in rows] == [("^S", "send"), ("F1", "help")]
