"""`loom doctor`: looks at everything Loom needs, and says how to mend what is wrong."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

import msgspec

from loom.cli.doctor_checks import MACHINE, Check, Place
from loom.cli.doctor_service import SERVICE
from loom.cli.options import add_workspace_option, workspace_of
from loom.cli.style import GREEN, RED, YELLOW, is_colour_wanted, paint

HELP = """\
Checks Python, the terminal, the programs Loom uses, the sandbox, the database, the settings and
the server with its provider keys. Every line that is not "ok" says what to do. Changes nothing.
"""

COLOURS = {"ok": GREEN, "warn": YELLOW, "fail": RED}


def add_arguments(parser: ArgumentParser) -> None:
    """Declares `--json` and the workspace."""
    parser.add_argument("--json", action="store_true", help="as a JSON array")
    add_workspace_option(parser)


def run(args: Namespace) -> int:
    """Prints one line a check; status 1 when something Loom cannot do without is missing."""
    place = Place(os.environ, workspace_of(args))
    checks = [check for examine in (*MACHINE, *SERVICE) for check in examine(place)]
    if args.json:
        print(json.dumps(msgspec.to_builtins(checks), indent=2, ensure_ascii=False))
    else:
        _print(checks)
    return int(any(check.state == "fail" for check in checks))


def _print(checks: Sequence[Check]) -> None:
    is_wanted = is_colour_wanted(sys.stdout, os.environ)
    width = max(len(check.name) for check in checks)
    for check in checks:
        state = paint(f"{check.state:<4}", COLOURS[check.state], is_wanted=is_wanted)
        print(f"{state}  {check.name:<{width}}  {check.text}")
        if check.remedy:
            print(f"{'':<{width + 8}}{check.remedy}")
