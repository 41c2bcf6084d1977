"""`loom version`: what is running, for a bug report."""

import json
import platform
import sqlite3
import sys
from argparse import ArgumentParser, Namespace
from importlib.metadata import PackageNotFoundError, version

from loom import __version__

HELP = "Prints the version of Loom and of what it runs on."

PACKAGES = ("textual", "aiohttp", "msgspec")


def add_arguments(parser: ArgumentParser) -> None:
    """Declares `--json`."""
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: Namespace) -> int:
    """Prints one `name version` line each, or one JSON object."""
    versions = {"loom": __version__, "python": platform.python_version(), **_libraries()}
    versions["platform"] = f"{sys.platform} {platform.machine()}"
    if args.json:
        print(json.dumps(versions))
    else:
        print("\n".join(f"{name} {value}" for name, value in versions.items()))
    return 0


def _libraries() -> dict[str, str]:
    found = {"sqlite": sqlite3.sqlite_version}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found
