"""`loom server restore`: a backup in the place of the server's databases."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

HELP = """\
Checks a backup and puts it in the place of the server's databases. The server must be stopped.
What was there is kept beside it, so that a restore can be undone by hand.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The folder, and `--check`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="what `backup` made")
    parser.add_argument("--check", action="store_true", help="only say whether it is whole")


def run(args: Namespace) -> int:
    """Does it. Raises StoreError."""
    from loom.server.app import now_ms
    from loom.server.backup import checked, databases, restore, schemas
    from loom.server.config import server_config

    config = server_config(os.environ, Path(args.config) if args.config else None, db_path=args.db)
    if args.check:
        manifest = checked(args.folder, schemas())
        print(f"The backup of {manifest.at} is whole.")
        return 0
    for path in restore(args.folder, databases(config), schemas(), now_ms()):
        print(f"What was there is now {path}", file=sys.stderr)
    print("Restored.", file=sys.stderr)
    return 0
