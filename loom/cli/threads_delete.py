"""`loom delete`: threads that nobody needs, out of sight here and on the server."""

import os
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loom.core.messages import Thread
    from loom.threads.store import ThreadStore

HELP = """\
Deletes threads: they are shown and found no more, here, and with the next sync on the server and on
your other machines. This can be undone; a team's server erases what was deleted after some time.

  loom delete T-0198a3b2
  loom delete --undo T-0198a3b2-1c4d-7000-8000-000000000001
"""

WHOLE = "What was deleted is found by its whole ID alone; loom delete printed it."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the threads and `--undo`."""
    parser.add_argument("ids", metavar="ID", nargs="+", help="a thread's ID or how it begins")
    parser.add_argument("--undo", action="store_true", help="bring it back; the whole ID")


def run(args: Namespace) -> int:
    """Deletes all of them, or none where one is not there or in use. Raises StoreError."""
    # The store brings asyncio, msgspec and sqlite3, which `--help` does not need.
    import asyncio

    for line in asyncio.run(_done(args)):
        print(line)
    return 0


async def _done(args: Namespace) -> list[str]:
    from loom.cli.threads import open_store

    async with open_store(os.environ) as store:
        found = [await _found(store, prefix, is_undo=args.undo) for prefix in args.ids]
        threads = [*{thread.id: thread for thread in found}.values()]
        if args.undo:
            for thread in threads:
                await store.restore(thread.id)
            return [f"{_named(thread)} is back." for thread in threads]
        await _delete(store, threads)
    return [
        f"{_named(thread)} is deleted. Undo: loom delete --undo {thread.id}" for thread in threads
    ]


async def _found(store: "ThreadStore", prefix: str, *, is_undo: bool) -> "Thread":
    from loom.core.errors import ThreadNotFound

    try:
        thread = await store.find(prefix)
    except ThreadNotFound as error:
        hint = f"{error.hint} To say it to the model: loom -- delete …"
        raise ThreadNotFound(error.message, WHOLE if is_undo else hint) from error
    if is_undo and thread.id != prefix:
        raise ThreadNotFound(f"{prefix} is no whole ID", WHOLE)
    return thread


async def _delete(store: "ThreadStore", threads: "list[Thread]") -> None:
    """Raises SessionError when one of them is open somewhere; then none is deleted."""
    from contextlib import ExitStack

    from loom.core.errors import SessionError
    from loom.threads.lease import Holder
    from loom.threads.store import now_ms

    with ExitStack() as leases:
        for thread in threads:
            lease = await store.lease(thread.id, Holder(os.getpid(), now_ms()))
            if not leases.enter_context(lease).is_ours:
                raise SessionError(f"{thread.id} is open in another Loom", "Leave it there first.")
        for thread in threads:
            await store.delete(thread.id)


def _named(thread: "Thread") -> str:
    from loom.cli.threads_table import tamed

    return f"{thread.id} ({tamed(thread.title or 'untitled')})"
