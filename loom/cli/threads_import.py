"""`loom import`: a thread that `loom export` wrote as JSON."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.threads_table import tamed

if TYPE_CHECKING:
    from loom.core.messages import Thread

HELP = "Reads a thread that was exported as JSON; it gets a new ID where its own is taken."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the file."""
    parser.add_argument("file", metavar="FILE", help="the document, or - for standard input")


def run(args: Namespace) -> int:
    """Stores the thread and prints its ID. Raises CodecError, StoreError."""
    # The store brings asyncio, msgspec and sqlite3, which `--help` does not need.
    import asyncio

    thread = asyncio.run(_imported(_read(args.file)))
    print(thread.id)
    print(f"Imported {thread.message_count} messages: {tamed(thread.title)}", file=sys.stderr)
    return 0


def _read(name: str) -> bytes:
    from loom.core.errors import StoreError

    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise StoreError(f"cannot read {name}: {error.strerror}") from error


async def _imported(document: bytes) -> "Thread":
    from loom.cli.threads import open_store
    from loom.threads.exchange import import_json

    async with open_store(os.environ) as store:
        return await import_json(store, document, _settled)


def _settled(thread: "Thread") -> "Thread":
    """Where the folder it was about is not on this machine, the thread is about this one."""
    from msgspec.structs import replace

    from loom.cli.threads import here

    is_known = thread.workspace and Path(thread.workspace).is_dir()
    return thread if is_known else replace(thread, workspace=here())
