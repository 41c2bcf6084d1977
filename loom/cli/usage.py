"""`loom usage`: what requests to models cost, and who made them."""

import csv
import os
import shutil
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.team_words import PIPE_WIDTH, print_json
from loom.cli.threads_table import table, tamed
from loom.config import load

if TYPE_CHECKING:
    from loom.api.budgets import Budget
    from loom.api.client import ServerClient
    from loom.api.usage import UsageReport, UsageRow

HELP = """\
What requests to models cost, by the providers' own numbers and a price table with a date.

  loom usage                                 yours of the last 30 days, by day and model
  loom usage --by model --since 2026-11-01
  loom usage --by user --org acme            everybody's in an organization, for its admins
  loom usage --by org --all --csv            everybody's on the server, for its admins

Without a server in your settings it is what Loom used on this machine."""

NUMBERS = ("requests", "input", "output", "cached", "cache writes", "cost")


def add_arguments(parser: ArgumentParser) -> None:
    """Declares what is asked for, and in which form it is told."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.add_argument(
        "--by", default="day,model", metavar="WHAT", help="day, model, user, org, key; with commas"
    )
    parser.add_argument("--since", default="", metavar="DAY", help="from this day on (UTC)")
    parser.add_argument("--until", default="", metavar="DAY", help="to the end of this day")
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--org", default="", metavar="SLUG", help="everybody's in an organization")
    whose.add_argument("--all", action="store_true", help="everybody's on the server")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as one JSON object")
    form.add_argument("--csv", action="store_true", help="as CSV with a head line")


def run(args: Namespace) -> int:
    """Prints the report. Raises LoomError."""
    import asyncio

    report = asyncio.run(_report(args))
    if args.json:
        print_json(report)
    elif args.csv:
        _print_csv(report)
    else:
        _print_table(report)
    return 0


async def _report(args: Namespace) -> "UsageReport":
    from loom.api.clients.spending import SpendingClient
    from loom.api.usage import UsageQuery

    async with _server() as client:
        org = await _org_id(client, args.org) if args.org else ""
        query = UsageQuery(args.by, args.since, args.until, org, "all" if args.all else "mine")
        return await SpendingClient(client).usage(query)


async def read_usage(days: int) -> "tuple[UsageReport, tuple[Budget, ...]]":
    """The last days by day and model, and the budgets that bind the person. Raises LoomError."""
    from datetime import UTC, datetime, timedelta

    from loom.api.clients.spending import SpendingClient
    from loom.api.usage import UsageQuery

    since = (datetime.now(UTC).date() - timedelta(days=days - 1)).isoformat()
    async with _server() as client:
        spending = SpendingClient(client)
        report = await spending.usage(UsageQuery("day,model", since))
        has_people = bool(load(os.environ, Path().resolve()).settings.server_url)
        return report, (await spending.mine()).budgets if has_people else ()


async def _org_id(client: "ServerClient", slug: str) -> str:
    from loom.api.clients.orgs import part
    from loom.api.orgs import Org

    return (await client.ask("GET", f"/api/orgs/{part(slug)}", Org)).id


@asynccontextmanager
async def _server() -> "AsyncIterator[ServerClient]":
    """The server of the settings; else one for the moment, on this machine's own database."""
    from loom.api.client import ServerClient
    from loom.cli.remote import server_client

    if load(os.environ, Path().resolve()).settings.server_url:
        yield server_client(os.environ)
        return
    from loom.http import parse_address
    from loom.server.config import server_config
    from loom.server.embedded import EmbeddedServer

    server = EmbeddedServer(server_config(os.environ), os.environ)
    server.start()
    try:
        address, token = await server.address()
        yield ServerClient(parse_address(address), token)
    finally:
        server.stop()


def _print_csv(report: "UsageReport") -> None:
    writer = csv.writer(sys.stdout)
    counts = ("requests", "failures", "unpriced", "estimated")
    tokens = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    writer.writerow((*report.by, *counts, *tokens, "cost_usd"))
    for row in report.rows:
        cost = "" if row.cost_usd is None else f"{row.cost_usd:.9f}"
        numbers = [getattr(row, name) for name in (*counts, *tokens)]
        writer.writerow((*_keys(report, row), *numbers, cost))


def _print_table(report: "UsageReport") -> None:
    if not report.rows:
        print(f"Nothing was used from {report.since} to {report.until}.", file=sys.stderr)
        return
    # The table's second column gives way where there is no room.
    head = (*(each.upper() for each in report.by), *(each.upper() for each in NUMBERS))
    rows = [(*map(tamed, _keys(report, row)), *_numbers(row)) for row in report.rows]
    rows.append((*("TOTAL" if not n else "" for n, _ in enumerate(report.by)), *_total(report)))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
    print(table(head, rows, width))
    print(f"List prices of {report.prices_as_of}, not an invoice.{_unpriced(report)}")


def _unpriced(report: "UsageReport") -> str:
    count = sum(row.unpriced for row in report.rows)
    return f" {count} requests have no known price and are in no sum." if count else ""


def _keys(report: "UsageReport", row: "UsageRow") -> list[str]:
    return [row.names.get(each) or row.key.get(each) or "-" for each in report.by]


def _numbers(row: "UsageRow") -> tuple[str, ...]:
    tokens = (
        row.input_tokens,
        row.output_tokens,
        row.cache_read_tokens,
        row.cache_write_tokens,
    )
    cost = "unknown" if row.cost_usd is None else f"${row.cost_usd:,.4f}"
    return (str(row.requests), *(f"{each:,}" for each in tokens), cost)


def _total(report: "UsageReport") -> Sequence[str]:
    from loom.api.usage import UsageRow

    known = [row.cost_usd for row in report.rows if row.cost_usd is not None]
    names = ("requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    sums = {name: sum(getattr(row, name) for row in report.rows) for name in names}
    return _numbers(UsageRow({}, cost_usd=sum(known) if known else None, **sums))
