"""`loom server config`: every setting of the server, its value and what decided it."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from loom.cli.style import DIM, is_colour_wanted, paint

if TYPE_CHECKING:
    from loom.server.settings import Told

HELP = """\
Prints every setting of the server by its name in the file, and the flag, variable or file's key
that decided it. Secrets are not shown. Of several places the first wins: flags, LOOM_SERVER_*
variables, the file (--config or LOOM_SERVER_CONFIG), plain variables such as ANTHROPIC_API_KEY.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: Namespace) -> int:
    """Prints them. Raises ConfigError for a setting that is wrong."""
    told = told_of(args)
    if args.json:
        rows = {name: {"value": _plain(each.value), "origin": each.origin} for name, each in told}
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _print_table(told)
    return 0


def told_of(args: Namespace) -> "list[tuple[str, Told]]":
    """The settings of the server that these arguments would start."""
    from pathlib import Path

    from loom.server.config import server_config
    from loom.server.settings import Told

    told: dict[str, Told] = {}
    server_config(os.environ, Path(args.config) if args.config else None, told, db_path=args.db)
    return sorted(told.items())


def _print_table(told: "list[tuple[str, Told]]") -> None:
    is_wanted = is_colour_wanted(sys.stdout, os.environ)
    texts = [json.dumps(_plain(each.value), ensure_ascii=False) for _, each in told]
    width = max(len(name) for name, _ in told)
    value_width = min(32, max(map(len, texts)))
    for (name, each), text in zip(told, texts, strict=True):
        origin = paint(each.origin, DIM, is_wanted=is_wanted and each.origin == "default")
        print(f"{name:<{width}}  {text:<{value_width}}  {origin}")


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | frozenset | set):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
