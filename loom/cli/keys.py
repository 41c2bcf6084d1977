"""`loom keys`: every action of the app with its keys."""

import os
import sys
from argparse import ArgumentParser, Namespace

from msgspec.structs import replace

from loom.cli.options import add_workspace_option, workspace_of
from loom.cli.style import DIM, YELLOW, is_colour_wanted, paint
from loom.config import Config, load

HELP = """\
Prints every action of the app, its keys, and what it does. The section [keys] of the settings
gives an action other keys, or none:

  [keys]
  help = "f2"
  new_thread = ["ctrl+n", "f3"]
  tool_panel = ""
  input.send = "ctrl+enter"
"""


def add_arguments(parser: ArgumentParser) -> None:
    """`--json`, and the workspace."""
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    add_workspace_option(parser)


def run(args: Namespace) -> int:
    """Print the actions. Raises ConfigError."""
    from loom.screens.keymap import actions

    config = load(os.environ, workspace_of(args))
    keymap, warnings = keymap_of(config)
    rows = {action.name: keymap.get(action.name, ",".join(action.keys)) for action in actions()}
    summaries = {action.name: action.summary for action in actions()}
    if args.json:
        import json

        listed = {
            name: {"keys": _split(keys), "summary": summaries[name], "is_changed": name in keymap}
            for name, keys in rows.items()
        }
        print(json.dumps({"actions": listed, "warnings": list(warnings)}, indent=2))
        return 0
    _print_table(rows, summaries)
    for warning in warnings:
        is_wanted = is_colour_wanted(sys.stderr, os.environ)
        print(paint(f"warning: {warning}", YELLOW, is_wanted=is_wanted), file=sys.stderr)
    return 0


def keymap_of(config: Config) -> tuple[dict[str, str], tuple[str, ...]]:
    """The app's keymap of the settings, and what is wrong with it; empty when none is chosen."""
    chosen = config.settings.chosen_keys
    if not chosen:
        return {}, ()
    # Only who chose keys waits for the widgets that have them.
    from loom.screens.keymap import resolve

    found = resolve(chosen)
    return found.keymap, found.warnings


def with_key_warnings(config: Config) -> Config:
    """The settings, with what is wrong with their keys."""
    return replace(config, warnings=config.warnings + keymap_of(config)[1])


def _split(keys: str) -> list[str]:
    from loom.widgets.keys import UNBOUND

    return [key for key in keys.split(",") if key != UNBOUND]


def _print_table(rows: dict[str, str], summaries: dict[str, str]) -> None:
    is_wanted = is_colour_wanted(sys.stdout, os.environ)
    texts = {name: ", ".join(_split(keys)) for name, keys in rows.items()}
    width, key_width = max(map(len, rows)), max(map(len, texts.values()))
    for name, text in texts.items():
        summary = paint(summaries[name], DIM, is_wanted=is_wanted)
        print(f"{name:<{width}}  {text:<{key_width}}  {summary}")
