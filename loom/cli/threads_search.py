"""`loom search`: words in every thread."""

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from loom.cli.threads_filters import add_filters, filter_of
from loom.cli.threads_remote import server_hits
from loom.cli.threads_table import SHORT_ID, ago, positive, tamed

if TYPE_CHECKING:
    from loom.threads.search import Hit

HELP = """\
Finds threads that hold every word, in what was said, in tool output and in titles.

  loom search flaky login           here
  loom search --all flaky login     here, and all that you may read on your team's server
  loom search --org acme --file parser.py timeout
  loom search --all 3f2a91c         threads of a commit, by seven digits or more
"""

HERE, SERVER = "here", "server"
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the query, `--limit`, `--here` and `--json`."""
    parser.add_argument("query", nargs="+", metavar="QUERY", help="words, a path, or a commit")
    parser.add_argument(
        "-l", "--limit", type=positive, default=20, metavar="N", help="at most N (default: 20)"
    )
    parser.add_argument("-a", "--all", action="store_true", help="here and on the team's server")
    parser.add_argument("--here", action="store_true", help="only threads of this folder")
    parser.add_argument("--json", action="store_true", help="as a JSON array")
    add_filters(parser)


def run(args: Namespace) -> int:
    """Prints one thread and one line of its text each. Raises StoreError."""
    # The store brings asyncio, msgspec and sqlite3, which `--help` does not need.
    import asyncio

    import msgspec

    hits = asyncio.run(_hits(args))
    if args.json:
        print(msgspec.json.encode([_plain(hit, place) for hit, place in hits]).decode())
    elif hits:
        now_ms = time.time_ns() // 1_000_000
        is_bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print("\n".join(_shown(hit, place, now_ms, is_bold=is_bold) for hit, place in hits))
    else:
        print("Nothing found.", file=sys.stderr)
    return 0


async def _hits(args: Namespace) -> "list[tuple[Hit, str]]":
    """The best ones of this machine and, where that is asked, of the server; with the place."""
    if args.server or args.org:
        return [(hit, SERVER) for hit in await server_hits(args, args.limit)]
    found = [(hit, HERE) for hit in await _here(args)]
    if args.all:
        known = {hit.thread.id for hit, _ in found}
        found += [(hit, SERVER) for hit in await _there(args) if hit.thread.id not in known]
        # Both places score alike.
        found.sort(key=lambda each: (-each[0].score, -each[0].thread.updated_at))
    return found[: args.limit]


async def _here(args: Namespace) -> "Sequence[Hit]":
    from loom.cli.threads import here, open_store
    from loom.threads.search import search

    query, workspace = " ".join(args.query), here() if args.here else None
    within = filter_of(args).where()
    async with open_store(os.environ) as store:
        return await store.read_apart(lambda c: search(c, query, args.limit, workspace, within))


async def _there(args: Namespace) -> "Sequence[Hit]":
    """The server's; what is here is not kept back when it does not answer."""
    from loom.core.errors import LoomError

    try:
        return await server_hits(args, args.limit)
    except LoomError as error:
        print(f"loom: only this machine: {error.message} {error.hint}".rstrip(), file=sys.stderr)
        return ()


def _plain(hit: "Hit", place: str) -> dict[str, object]:
    """Every field, also those that are empty, for scripts that index them."""
    import msgspec

    thread = msgspec.structs.asdict(hit.thread)
    return {**msgspec.structs.asdict(hit), "thread": thread, "place": place}


def _shown(hit: "Hit", place: str, now_ms: int, *, is_bold: bool) -> str:
    thread = hit.thread
    head = f"{thread.id[:SHORT_ID]}  {tamed(thread.title or 'untitled')}"
    where = ", on the server" if place == SERVER else ""
    head += f"  ({ago(thread.updated_at, now_ms)}{where})"
    return f"{head}\n    {_marked(hit) if is_bold else tamed(hit.snippet)}"


def _marked(hit: "Hit") -> str:
    out, last = "", 0
    for start, end in hit.marks:
        out += tamed(hit.snippet[last:start]) + BOLD + tamed(hit.snippet[start:end]) + PLAIN
        last = end
    return out + tamed(hit.snippet[last:])
