"""`loom config`: every setting, its value and where it came from; and trust in a repository's."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from loom.cli.keys import with_key_warnings
from loom.cli.options import add_workspace_option, workspace_of
from loom.cli.style import DIM, YELLOW, is_colour_wanted, paint
from loom.config import DEFAULT, Config, load
from loom.config.settings import FIELDS, KEYS
from loom.config.trust import trust
from loom.secrets import Secret

HELP = """\
Prints every setting, its value and the file or variable that decided it. Secrets are not shown.

Settings come from, later ones first: flags; LOOM_* variables (LOOM_<SECTION>__<FIELD>, such as
LOOM_TUI__THEME); .loom/config.toml in the workspace; ~/.config/loom/config.toml;
/etc/loom/config.toml. A repository's own file may only choose the theme and narrow permissions
until you have read it and trust it.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Declares `--json`, `--trust` and the workspace."""
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.add_argument(
        "--trust", action="store_true", help="accept the workspace's .loom/config.toml as it is now"
    )
    add_workspace_option(parser)


def run(args: Namespace) -> int:
    """Prints the settings that hold in the workspace.

    Raises:
        ConfigError: a file or variable is wrong, or there is nothing to trust.
    """
    workspace = workspace_of(args)
    if args.trust:
        print(f"trusted {trust(workspace, os.environ)}", file=sys.stderr)
    config = with_key_warnings(load(os.environ, workspace))
    if args.json:
        print(json.dumps(_as_json(config), indent=2, ensure_ascii=False))
    else:
        _print_table(config)
    return 0


def _as_json(config: Config) -> dict[str, Any]:
    settings = {
        key: {"value": value, "origin": config.origin(key)}
        for key, value in _values(config).items()
    }
    return {"settings": settings, "warnings": list(config.warnings)}


def _print_table(config: Config) -> None:
    is_wanted = is_colour_wanted(sys.stdout, os.environ)
    texts = {key: json.dumps(each, ensure_ascii=False) for key, each in _values(config).items()}
    width = max(map(len, texts))
    value_width = min(24, max(map(len, texts.values())))
    for key, text in texts.items():
        origin = config.origin(key)
        source = origin if origin != DEFAULT else paint(origin, DIM, is_wanted=is_wanted)
        print(f"{key:<{width}}  {text:<{value_width}}  {source}")
    for warning in config.warnings:
        print(paint(f"warning: {warning}", YELLOW, is_wanted=is_wanted), file=sys.stderr)


def _values(config: Config) -> dict[str, Any]:
    """Every setting, and the keys that were chosen."""
    known = {key: _shown(config, key) for key in FIELDS if key != "keys"}
    chosen = config.settings.chosen_keys.items()
    return known | {f"{KEYS}{name}": ", ".join(keys) for name, keys in chosen}


def _shown(config: Config, key: str) -> Any:
    value = config.settings.value(key)
    return str(value) if isinstance(value, Secret) else value
