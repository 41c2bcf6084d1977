"""`loom attach THREAD`: hold a session that lives in another process."""

import asyncio
import os
from argparse import ArgumentParser, Namespace

from loom.cli.options import add_session_options

HELP = (
    "Watch and drive a thread that another loom of yours runs; both see the same session. "
    "A thread that runs nowhere is opened here."
)


def add_arguments(parser: ArgumentParser) -> None:
    """THREAD, and the flags of every session."""
    parser.add_argument("id", metavar="THREAD", help="a thread's ID, or its prefix")
    add_session_options(parser)


def run(args: Namespace) -> int:
    """Open the app on the session. Raises LoomError."""
    from loom.cli.chat import opening_of, show

    asyncio.run(_check(args.id))
    return show(opening_of(args, resume=args.id))


async def _check(prefix: str) -> None:
    """Complain about an unknown thread before a screen opens. Raises ThreadNotFound."""
    from loom.threads.location import database
    from loom.threads.store import ThreadStore

    async with ThreadStore.open(database(os.environ)) as store:
        await store.find(prefix)
