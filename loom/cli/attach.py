"""`loom attach [THREAD]`: hold a session that lives in another process."""

import asyncio
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.options import add_session_options, workspace_of

if TYPE_CHECKING:
    from loom.core.messages import Thread
    from loom.threads.store import ThreadStore

HELP = (
    "Watch and drive a thread that your daemon or another loom of yours runs; both see the same "
    "session. Without THREAD: the newest live one of this folder, else of any. "
    "A thread that runs nowhere is opened here."
)


def add_arguments(parser: ArgumentParser) -> None:
    """THREAD, and the flags of every session."""
    parser.add_argument(
        "id", metavar="THREAD", nargs="?", default="", help="a thread's ID, or its prefix"
    )
    add_session_options(parser)


def run(args: Namespace) -> int:
    """Open the app on the session. Raises LoomError."""
    from loom.cli.chat import opening_of, show

    return show(opening_of(args, resume=asyncio.run(_thread(args.id, workspace_of(args)))))


async def _thread(prefix: str, workspace: Path) -> str:
    """The thread's id, before a screen opens. Raises ThreadNotFound."""
    from loom.cli.threads import open_store

    async with open_store(os.environ) as store:
        if prefix:
            return (await store.find(prefix)).id
        return (await _newest(store, str(workspace))).id


async def _newest(store: "ThreadStore", workspace: str) -> "Thread":
    """The thread that is live and was last active, one of this folder first."""
    from loom.core.errors import ThreadNotFound
    from loom.host.live import live_sessions

    live = await live_sessions(store.leases)
    threads = [await store.thread(thread_id) for thread_id in live]
    # An empty window's thread rests and was never spoken in.
    known = [t for t in threads if t and (t.message_count or live[t.id].standing != "rest")]
    if not known:
        raise ThreadNotFound("no thread is live", "loom resume opens the last one.")
    return max(known, key=lambda thread: (thread.workspace == workspace, thread.updated_at))
