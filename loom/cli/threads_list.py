"""`loom list`: stored threads, last activity first."""

import os
import shutil
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.threads_filters import add_filters, filter_of, has_filters
from loom.cli.threads_remote import server_threads
from loom.cli.threads_table import SHORT_ID, STANDINGS, ago, positive, table, tamed

if TYPE_CHECKING:
    from loom.core.messages import Thread
    from loom.threads.store import ThreadStore

HELP = """\
Lists threads, last activity first: those of this folder, or of all where it has none.

  loom list --file parser.py --branch main
  loom list --repo acme/loom --tag release
  loom list --server            those on your team's server, yours and your colleagues'
  loom list --org acme          those of an organization
"""
COLUMNS = ("ID", "TITLE", "MSGS", "LAST ACTIVITY", "BRANCH")
PIPE_WIDTH = 10_000


def add_arguments(parser: ArgumentParser) -> None:
    """Declares `--all`, `--limit` and `--json`."""
    parser.add_argument("-a", "--all", action="store_true", help="those of every folder")
    parser.add_argument(
        "-l", "--limit", type=positive, default=100, metavar="N", help="at most N (default: 100)"
    )
    parser.add_argument("--json", action="store_true", help="as a JSON array, with every field")
    add_filters(parser)


def run(args: Namespace) -> int:
    """Prints the threads. Raises StoreError."""
    # The store brings asyncio, msgspec and sqlite3, which `--help` does not need.
    import asyncio

    import msgspec

    threads, live, notes = asyncio.run(_found(args))
    if args.json:
        rows = [msgspec.structs.asdict(each) | {"live": live.get(each.id, "")} for each in threads]
        print(msgspec.json.encode(rows).decode())
    elif threads:
        print(_page(threads, notes, is_mixed=len({thread.workspace for thread in threads}) > 1))
    elif has_filters(args) or args.server:
        print("No thread is like that.", file=sys.stderr)
    else:
        print("No threads yet: `loom` starts one.", file=sys.stderr)
    return 0


async def _found(
    args: Namespace,
) -> "tuple[Sequence[Thread], Mapping[str, str], Mapping[str, str]]":
    """The threads; by id how those stand that are live, and what is noted behind a title."""
    if args.server or args.org:
        threads, notes = await server_threads(args)
        return threads, {}, notes
    from loom.cli.sync import say_notices
    from loom.cli.threads import open_store
    from loom.host.live import live_sessions

    async with open_store(os.environ) as store:
        await say_notices(store)
        live = {key: each.standing for key, each in (await live_sessions(store.leases)).items()}
        notes = {key: STANDINGS[standing] for key, standing in live.items()}
        return await _threads(store, args), live, notes


async def _threads(store: "ThreadStore", args: Namespace) -> "Sequence[Thread]":
    from msgspec.structs import replace

    from loom.cli.threads import here

    # Who opens the app and leaves it has begun a thread in which nothing was said.
    limit, wanted = args.limit, replace(filter_of(args), is_used=True)
    ours = () if args.all else await store.list(here(), limit, wanted=wanted)
    if ours:
        return ours
    every = await store.list(limit=limit, wanted=wanted)
    if every and not args.all:
        print("This folder has no threads; these are of other folders.", file=sys.stderr)
    return every


def _page(threads: "Sequence[Thread]", notes: Mapping[str, str], *, is_mixed: bool) -> str:
    now_ms = time.time_ns() // 1_000_000
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
    if not is_mixed:
        return table(COLUMNS, [_row(thread, notes, now_ms) for thread in threads], width)
    rows = [
        (*_row(thread, notes, now_ms), tamed(Path(thread.workspace).name)) for thread in threads
    ]
    return table((*COLUMNS, "FOLDER"), rows, width)


def _row(thread: "Thread", notes: Mapping[str, str], now_ms: int) -> tuple[str, ...]:
    return (
        thread.id[:SHORT_ID],
        tamed(thread.title or "untitled") + "".join(f" ({mark})" for mark in _marks(thread, notes)),
        str(thread.message_count),
        ago(thread.updated_at, now_ms),
        tamed(thread.git_branch),
    )


def _marks(thread: "Thread", notes: Mapping[str, str]) -> Iterator[str]:
    if thread.is_private:
        yield "private"
    if note := notes.get(thread.id):
        yield note
