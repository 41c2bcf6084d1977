"""What commands that ask a team's server have in common: words, tables, JSON, questions."""

import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from loom.cli.threads_table import table, tamed

if TYPE_CHECKING:
    from loom.api.client import ServerClient

PIPE_WIDTH = 10_000

Act = Callable[[Namespace, "ServerClient"], Awaitable[int]]


def add_word(words: Any, name: str, act: Act, summary: str) -> ArgumentParser:
    """`loom COMMAND NAME`, with `--json`; `act` does it. `words` is argparse's subparsers."""
    parser: ArgumentParser = words.add_parser(name, help=summary, description=summary)
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(act=act)
    return parser


def add_org(parser: ArgumentParser) -> None:
    """`--org`, for what is done in an organization."""
    parser.add_argument(
        "--org", metavar="SLUG", help="which organization (default: yours, if that is clear)"
    )


def add_yes(parser: ArgumentParser) -> None:
    """`--yes`, for what asks before it does something that hurts."""
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def run_word(args: Namespace) -> int:
    """Does what the word says, at the server of the settings. Raises LoomError."""
    import asyncio

    from loom.cli.remote import server_client

    act: Act = args.act
    return asyncio.run(_acted(act, args, server_client(os.environ)))


async def _acted(act: Act, args: Namespace, client: "ServerClient") -> int:
    return await act(args, client)


def show(
    args: Namespace,
    answer: object,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    nothing: str,
) -> int:
    """The answer as JSON if that was asked for, else as a table; the exit status."""
    if args.json:
        print_json(answer)
    elif rows:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
        print(table(columns, [[tamed(cell) for cell in row] for row in rows], width))
    else:
        print(nothing, file=sys.stderr)
    return 0


def tell(args: Namespace, answer: object, words: str) -> int:
    """One sentence on what was done, or the answer as JSON; the exit status."""
    if args.json:
        print_json(answer)
    else:
        print(tamed(words))
    return 0


def print_json(answer: object) -> None:
    """The server's answer, in one line."""
    from loom.core import codec

    print(codec.encode(answer).decode())


def require_yes(args: Namespace, question: str) -> None:
    """Asks the person. Raises ConfigError when they say no, or when there is nobody to ask."""
    from loom.core.errors import ConfigError

    if args.yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError("nobody can be asked here", "Say --yes if you mean it.")
    print(f"{tamed(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ConfigError("nothing was done")


def minute(at: str) -> str:
    """A time on the wire to the minute; `never` for none."""
    return f"{at[:16].replace('T', ' ')} UTC" if at else "never"


def until(at: str) -> str:
    """When something ends: the day, and the minute where that is tomorrow at the latest."""
    from datetime import UTC, datetime, timedelta

    is_soon = at and datetime.fromisoformat(at) - datetime.now(UTC) < timedelta(days=2)
    return minute(at) if is_soon else day(at)


def day(at: str) -> str:
    """The day of a time on the wire; `never` for none."""
    return at[:10] or "never"
