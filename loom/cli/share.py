"""`loom share`: show a thread to others, and take it back."""

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from loom.cli.share_org import org_for
from loom.cli.team_words import add_org, day, print_json, run_word, show, tell, until

if TYPE_CHECKING:
    from loom.api.client import ServerClient
    from loom.api.clients.shares import SharesClient
    from loom.api.shares import Shares
    from loom.threads.store import ThreadStore

HELP = """\
Shows a thread that is on your team's server to others. They read; nobody writes.

  loom share T-0199             everybody in your organization reads it
  loom share T-0199 --team web  the team web reads it
  loom share T-0199 --public --expires 7d
                                whoever has the address reads it, for a week
  loom share T-0199 --support   the server's support reads it, for 31 days
  loom share T-0199 --revoke    nobody but you; --public or --support end only that
  loom share --list             what you share by links and with the support

Whoever reads by an address sees a page without images and without credentials in known shapes;
look through it before you send it. A thread has one address: a new one ends the old one."""

WHOLE = len("T-01900000-0000-7000-8000-000000000000")
_UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the thread and with whom it is shared."""
    parser.add_argument("id", metavar="THREAD", nargs="?", default="", help="its ID, or a prefix")
    whom = parser.add_mutually_exclusive_group()
    whom.add_argument("--team", metavar="TEAM", help="a team of the organization, by slug or id")
    whom.add_argument("--public", action="store_true", help="whoever has the address it prints")
    whom.add_argument("--support", action="store_true", help="the server's support, for 31 days")
    whom.add_argument("--list", action="store_true", help="what you share")
    whom.add_argument(
        "--request", metavar="REASON", help="as the support: ask its owner to let you read it"
    )
    parser.add_argument(
        "--expires", type=lasting, metavar="TIME", help="with --public: 30m, 12h, 7d or 2w"
    )
    add_org(parser)
    parser.add_argument("--revoke", action="store_true", help="take it back")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(act=_act)


def run(args: Namespace) -> int:
    """Does it. Raises LoomError."""
    return run_word(args)


def lasting(text: str) -> int:
    """An argparse type: seconds of `7d` and the like. Raises ArgumentTypeError."""
    found = re.fullmatch(r"([1-9]\d{0,4})([mhdw])", text)
    if not found:
        raise ArgumentTypeError(f"{text!r} is no time such as 30m, 12h, 7d or 2w")
    return int(found[1]) * _UNITS[found[2]]


async def _act(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.shares import SharesClient
    from loom.core.errors import ConfigError

    shares = SharesClient(client)
    if args.list:
        return await _list(args, shares)
    if not args.id:
        raise ConfigError("which thread?", "Say its ID, or --list; loom list shows your threads.")
    if args.expires and (args.revoke or not args.public):
        raise ConfigError("--expires is for a new address", "Say --public --expires TIME.")
    if args.request is not None:
        if len(args.id) != WHOLE:
            raise ConfigError(f"{args.id} is no whole ID", "Its owner sees it in loom list --json.")
        await shares.ask_as_support(args.id, args.request)
        return tell(
            args, {"id": args.id}, "If there is such a thread, its owner sees that you ask."
        )
    found = await _on_server(shares, await _whole_id(args.id))
    if args.revoke:
        return await _revoke(args, shares, found)
    if args.public:
        return await _public(args, shares, found)
    if args.support:
        return await _support(args, shares, found)
    return await (_team if args.team else _org)(args, client, found)


async def _whole_id(prefix: str) -> str:
    """The thread's id; one that is not on this machine is taken as it is.

    Raises:
        ThreadNotFound: several begin so.
        ConfigError: it is private.
    """
    import os

    from loom.cli.threads import open_store
    from loom.core.errors import ConfigError, ThreadNotFound

    async with open_store(os.environ) as store:
        try:
            thread = await store.find(prefix)
        except ThreadNotFound:
            if len(prefix) == WHOLE:
                return prefix
            raise
        if thread.is_private:
            hint = "Open it and say /private to take the mark off, if others may read all of it."
            raise ConfigError(f"{thread.id} is private: it never leaves this machine", hint)
        await _send(store)
    return thread.id


async def _send(store: "ThreadStore") -> None:
    """What is new here goes to the server first. Raises LoomError."""
    import os
    from pathlib import Path

    from loom.cli.sync import one_round
    from loom.cli.syncing import is_synced, sync_of
    from loom.config import load

    settings = load(os.environ, Path().resolve()).settings
    if is_synced(settings):
        await one_round(sync_of(settings, store))


async def _on_server(shares: "SharesClient", thread_id: str) -> "Shares":
    from loom.core.errors import LoomError

    try:
        return await shares.of(thread_id)
    except LoomError as error:
        hint = error.hint or "What is shared must be on the server first (loom sync), and be yours."
        raise type(error)(error.message, hint) from error


async def _org(args: Namespace, client: "ServerClient", found: "Shares") -> int:
    from loom.api.clients.shares import SharesClient

    org, shares = await org_for(client, found.thread, args.org), SharesClient(client)
    await shares.show_to(found.thread, "organization", org_id=org.id)
    return tell(args, await shares.of(found.thread.id), f"Everybody in {org.name} reads it.")


async def _team(args: Namespace, client: "ServerClient", found: "Shares") -> int:
    from loom.api.clients.shares import SharesClient
    from loom.api.clients.teams import TeamsClient
    from loom.core.errors import LoomError

    org = await org_for(client, found.thread, args.org)
    teams = (await TeamsClient(client, org.id).listed()).teams
    team = next((each for each in teams if args.team in (each.slug, each.id)), None)
    if team is None:
        known = ", ".join(each.slug for each in teams) or "none; loom team create NAME makes one"
        raise LoomError(f"{org.slug} has no team {args.team}", f"There are: {known}.")
    shares = SharesClient(client)
    await shares.show_to(found.thread, "team", team.id, org.id)
    words = f"The team {team.name} of {org.name} reads it."
    return tell(args, await shares.of(found.thread.id), words)


async def _public(args: Namespace, shares: "SharesClient", found: "Shares") -> int:
    made = await shares.link(found.thread.id, args.expires)
    if args.json:
        print_json(made)
        return 0
    end = f"until {until(made.link.expires_at)}" if args.expires else "until you revoke it"
    print(made.url)
    words = f"Whoever has this address reads the thread, and what is added to it, {end}."
    print(words, f"loom share {found.thread.id} --public --revoke ends it.", file=sys.stderr)
    return 0


async def _support(args: Namespace, shares: "SharesClient", found: "Shares") -> int:
    shown = await shares.let_support_in(found.thread.id)
    until = day(shown.support.expires_at) if shown.support else ""
    return tell(args, shown, f"The server's support reads it until {until}.")


async def _revoke(args: Namespace, shares: "SharesClient", found: "Shares") -> int:
    name, words = found.thread.id, "Nobody reads it but you."
    if args.public:
        await shares.unlink(name)
        words = "Its address opens nothing any more."
    elif args.support:
        await shares.keep_support_out(name)
        words = "The support reads it no more."
    else:
        await shares.show_to(found.thread, "private")
    return tell(args, await shares.of(name), words)


async def _list(args: Namespace, shares: "SharesClient") -> int:
    answer = await shares.listed()
    columns = ("THREAD", "TITLE", "WITH")
    rows = [(each.thread.id, each.thread.title, _with(each)) for each in answer.shares]
    return show(
        args, answer, columns, rows, "You share no thread by an address or with the support."
    )


def _with(shares: "Shares") -> str:
    said = []
    if shares.link:
        said.append(
            f"its address, until {until(shares.link.expires_at)}"
            if shares.link.expires_at
            else "its address"
        )
    if support := shares.support:
        by = (
            f" ({support.requested_by}{': ' if support.reason else ''}{support.reason})"
            if support.requested_by
            else ""
        )
        said.append(
            f"support, until {until(support.expires_at)}"
            if support.expires_at
            else f"asked for by the support{by}"
        )
    return "; ".join(said)
