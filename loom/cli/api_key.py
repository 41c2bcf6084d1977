"""`loom api-key`: an organization's keys for programs."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from loom.cli.team_words import add_org, add_word, add_yes, day, require_yes, run_word, show, tell

if TYPE_CHECKING:
    from loom.api.client import ServerClient
    from loom.api.clients.keys import KeysClient

HELP = """\
API keys let programs in: each does what its scopes say, in one organization, and never more than
whoever made it may. A key is shown once, when it is made.

  loom api-key create CI --scope llm:use --expires 90d
  loom api-key list
  loom api-key revoke CI"""
SCOPES = ("threads:read", "threads:write", "threads:delete", "llm:use", "tools:use")


def add_arguments(parser: ArgumentParser) -> None:
    """The words `create`, `list` and `revoke`."""
    words = parser.add_subparsers(metavar="WORD", required=True)
    create = add_word(words, "create", _create, "make a key; it is shown this once")
    create.add_argument("name", metavar="NAME", help="what it is for")
    create.add_argument(
        *("-s", "--scope"), action="append", choices=SCOPES, required=True, help="may be repeated"
    )
    create.add_argument(
        "--expires", type=moment, metavar="WHEN", help="30d, or 2027-01-31 (default: never)"
    )
    revoke = add_word(words, "revoke", _revoke, "end a key at once")
    revoke.add_argument("key", metavar="KEY", help="its name, its id, or its last four characters")
    add_yes(revoke)
    for each in (create, revoke, add_word(words, "list", _list, "the keys that can be used")):
        add_org(each)


def run(args: Namespace) -> int:
    """Does what the word says. Raises LoomError."""
    return run_word(args)


def moment(text: str) -> datetime:
    """An argparse type: so many days from now, or the beginning of a day in UTC."""
    if days := re.fullmatch(r"(\d{1,5})d", text):
        return datetime.now(UTC) + timedelta(days=int(days[1]))
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is neither like 30d nor like 2027-01-31") from None


async def _keys(args: Namespace, client: "ServerClient") -> "tuple[str, KeysClient]":
    from loom.api.clients.keys import KeysClient
    from loom.api.clients.orgs import OrgsClient

    org = await OrgsClient(client).chosen(args.org)
    return org, KeysClient(client, org)


async def _create(args: Namespace, client: "ServerClient") -> int:
    from loom.api.keys import NewApiKey

    org, keys = await _keys(args, client)
    made = await keys.create(NewApiKey(args.name, tuple(args.scope), args.expires))
    until = f" until {day(made.api_key.expires_at)}" if made.api_key.expires_at else ""
    status = tell(args, made, f"The key {made.api_key.name} of {org}{until}, shown this once:")
    if not args.json:
        print(f"  {made.key}")
    return status


async def _list(args: Namespace, client: "ServerClient") -> int:
    _, keys = await _keys(args, client)
    answer = await keys.listed()
    rows = [
        (
            f"…{key.hint}",
            key.name,
            " ".join(key.scopes),
            key.created_by,
            day(key.last_used_at),
            day(key.expires_at),
        )
        for key in answer.api_keys
    ]
    columns = ("KEY", "NAME", "SCOPES", "BY", "LAST USE", "ENDS")
    return show(args, answer, columns, rows, "It has no keys; loom api-key create makes one.")


async def _revoke(args: Namespace, client: "ServerClient") -> int:
    org, keys = await _keys(args, client)
    require_yes(args, f"Revoke the key {args.key} of {org}? What uses it stops working.")
    key = await keys.revoke(args.key)
    return tell(args, key, f"The key {key.name} opens nothing any more.")
