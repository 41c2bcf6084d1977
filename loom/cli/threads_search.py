"""`loom search`: words in every thread."""

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from loom.cli.threads_table import SHORT_ID, ago, positive, tamed

if TYPE_CHECKING:
    from loom.threads.search import Hit

HELP = """\
Finds threads that hold every word, in what was said, in tool output and in titles.

Seven or more hex digits are tried as the beginning of a commit first."""

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the query, `--limit`, `--here` and `--json`."""
    parser.add_argument("query", nargs="+", metavar="QUERY", help="words, a path, or a commit")
    parser.add_argument(
        "-l", "--limit", type=positive, default=20, metavar="N", help="at most N (default: 20)"
    )
    parser.add_argument("--here", action="store_true", help="only threads of this folder")
    parser.add_argument("--json", action="store_true", help="as a JSON array")


def run(args: Namespace) -> int:
    """Prints one thread and one line of its text each. Raises StoreError."""
    # The store brings asyncio, msgspec and sqlite3, which `--help` does not need.
    import asyncio

    import msgspec

    hits = asyncio.run(_hits(args))
    if args.json:
        print(msgspec.json.encode([_plain(hit) for hit in hits]).decode())
    elif hits:
        now_ms = time.time_ns() // 1_000_000
        is_bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print("\n".join(_shown(hit, now_ms, is_bold=is_bold) for hit in hits))
    else:
        print("Nothing found.", file=sys.stderr)
    return 0


async def _hits(args: Namespace) -> "Sequence[Hit]":
    from loom.cli.threads import here, open_store

    workspace = here() if args.here else None
    async with open_store(os.environ) as store:
        return await store.search(" ".join(args.query), args.limit, workspace)


def _plain(hit: "Hit") -> dict[str, object]:
    """Every field, also those that are empty, for scripts that index them."""
    import msgspec

    return {**msgspec.structs.asdict(hit), "thread": msgspec.structs.asdict(hit.thread)}


def _shown(hit: "Hit", now_ms: int, *, is_bold: bool) -> str:
    thread = hit.thread
    head = f"{thread.id[:SHORT_ID]}  {tamed(thread.title or 'untitled')}"
    head += f"  ({ago(thread.updated_at, now_ms)})"
    return f"{head}\n    {_marked(hit) if is_bold else tamed(hit.snippet)}"


def _marked(hit: "Hit") -> str:
    out, last = "", 0
    for start, end in hit.marks:
        out += tamed(hit.snippet[last:start]) + BOLD + tamed(hit.snippet[start:end]) + PLAIN
        last = end
    return out + tamed(hit.snippet[last:])
