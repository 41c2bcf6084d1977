"""`loom audit`: the server's audit log, read, exported and verified."""

import os
import shutil
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from loom.cli import audit_verify
from loom.cli.threads_table import positive, table, tamed

if TYPE_CHECKING:
    from loom.api.audit import AuditEntry, AuditPage

HELP = """\
Reads the server's audit log: who did what, when, from where; never what was said.

  loom audit list --type auth --outcome denied
  loom audit export -o audit.jsonl
  loom audit verify --file audit.jsonl
  loom audit head             note it elsewhere: `verify --anchor` then finds a replaced log
"""
COLUMNS = ("SEQ", "WHAT", "WHEN", "WHO", "FROM", "OUTCOME")
PIPE_WIDTH = 10_000


def add_arguments(parser: ArgumentParser) -> None:
    """The words `list`, `export`, `head` and `verify`."""
    words = parser.add_subparsers(metavar="WORD", required=True)
    _add_list(words.add_parser("list", help="lines, newest first"))
    export = words.add_parser("export", help="the whole log as JSONL, oldest line first")
    export.add_argument("-o", "--output", metavar="FILE", help="instead of standard output")
    export.set_defaults(act=_export)
    head = words.add_parser("head", help="the chain's end, as SEQ:HASH")
    head.add_argument("--json", action="store_true", help="as one JSON object")
    head.set_defaults(act=_head)
    verify = words.add_parser(
        "verify",
        help="check the chain of a database or an export",
        description=audit_verify.HELP,
        formatter_class=RawDescriptionHelpFormatter,
    )
    audit_verify.add_arguments(verify)
    verify.set_defaults(act=audit_verify.run)


def run(args: Namespace) -> int:
    """Does what the word says. Raises LoomError."""
    status: int = args.act(args)
    return status


def _add_list(parser: ArgumentParser) -> None:
    parser.add_argument("--type", metavar="WORDS", help="such as auth, thread.share, llm")
    parser.add_argument("--actor", metavar="WHO", help="the address or the id of who acted")
    parser.add_argument("--org", metavar="ORG", help="one organization's; its admins may ask too")
    parser.add_argument("--outcome", choices=("ok", "denied", "failed"))
    parser.add_argument("--resource", metavar="KIND:ID", help="what it was done to")
    parser.add_argument(
        *("--severity",), type=int, metavar="N", help="N and worse: 2 critical to 6 info"
    )
    parser.add_argument("--since", metavar="TIME", help="2026-11-28 or 2026-11-28T15:04:05Z")
    parser.add_argument("--until", metavar="TIME", help="lines before it")
    parser.add_argument("--before", type=positive, metavar="SEQ", help="lines before that one")
    parser.add_argument("-l", "--limit", type=positive, default=50, metavar="N", help="default: 50")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(act=_list)


def _list(args: Namespace) -> int:
    import asyncio

    from loom.api.audit import AuditPage
    from loom.cli.remote import server_client
    from loom.core import codec

    names = ("type", "actor", "outcome", "resource", "severity", "since", "until", "before")
    query = {name: getattr(args, name) for name in (*names, "limit")}
    path = f"/api/orgs/{args.org}/audit" if args.org else "/api/admin/audit"
    page = asyncio.run(server_client(os.environ).ask("GET", path, AuditPage, query=query))
    if args.json:
        print(codec.encode(page).decode())
    else:
        _print_page(page)
    return 0


def _print_page(page: "AuditPage") -> None:
    if not page.entries:
        print("No line is like that.", file=sys.stderr)
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
    print(table(COLUMNS, [_row(entry, page.people) for entry in page.entries], width))
    if page.next:
        print(f"There are more: --before {page.next}", file=sys.stderr)


def _row(entry: "AuditEntry", people: Mapping[str, str]) -> tuple[str, ...]:
    kind, _, name = entry.resource.partition(":")
    resource = f"user:{people.get(name, name)}" if kind == "user" else entry.resource
    what = f"{entry.type} {resource}".rstrip()
    return (
        str(entry.seq),
        *map(tamed, (what, entry.at, _who(entry, people), entry.ip)),
        entry.outcome,
    )


def _who(entry: "AuditEntry", people: Mapping[str, str]) -> str:
    """By address; by id who has none any more, or whom the reader does not know."""
    if not entry.actor_id:
        return entry.principal_kind
    who = people.get(entry.actor_id, entry.actor_id)
    if entry.user_id in ("", entry.actor_id):
        return who
    return f"{who} as {people.get(entry.user_id, entry.user_id)}"


def _head(args: Namespace) -> int:
    import asyncio

    from loom.api.audit import AuditHead
    from loom.cli.remote import server_client
    from loom.core import codec

    head = asyncio.run(server_client(os.environ).ask("GET", "/api/admin/audit/head", AuditHead))
    print(codec.encode(head).decode() if args.json else head.anchor or "The log is empty.")
    if head.error:
        print(f"loom: {head.error}", file=sys.stderr)
    return 0


def _export(args: Namespace) -> int:
    import asyncio

    asyncio.run(_exported(args.output))
    return 0


async def _exported(output: str | None) -> None:
    from contextlib import nullcontext
    from pathlib import Path

    from loom.cli.remote import server_client

    pieces = server_client(os.environ).download("/api/admin/audit/export")
    with Path(output).open("wb") if output else nullcontext(sys.stdout.buffer) as file:
        async for piece in pieces:
            file.write(piece)
