"""`loom server backup`: a copy of the server's databases, made while it runs."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

HELP = """\
Copies the server's databases into a new folder, while the server runs. Keys and the server's own
token are not in it: they are in your settings.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The folder, and `--json`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder for the copy")
    parser.add_argument("--json", action="store_true", help="print the manifest")


def run(args: Namespace) -> int:
    """Makes it. Raises StoreError."""
    import msgspec

    from loom.core.errors import StoreError
    from loom.server.app import now_ms
    from loom.server.backup import back_up, databases
    from loom.server.config import server_config

    config = server_config(os.environ, Path(args.config) if args.config else None, db_path=args.db)
    manifest = back_up(databases(config), args.folder, now_ms())
    if not manifest.copies:
        raise StoreError(f"there is no database at {config.db_path}", "Name it with --db.")
    if args.json:
        print(msgspec.json.encode(manifest).decode())
    else:
        for copy in manifest.copies:
            print(f"{copy.name}  {copy.size:,} bytes")
        print(f"Backed up to {args.folder}", file=sys.stderr)
    return 0
