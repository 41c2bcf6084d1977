"""`loom whoami`: who you are at the server of your settings."""

import asyncio
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

HELP = """\
Prints as whom this machine is signed in, and where. It fails when nobody is.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Where, and `--json`."""
    parser.add_argument("--server-url", metavar="URL", help="the server (default: your settings')")
    parser.add_argument("--json", action="store_true", help="what the server says, as JSON")


def run(args: Namespace) -> int:
    """Prints it. Raises LoomError when nobody is signed in."""
    import msgspec

    from loom.cli.login import chosen_server, who_is
    from loom.config import load
    from loom.core.errors import AuthError
    from loom.http import parse_address

    url = chosen_server(args.server_url, os.environ)
    token = load(os.environ, Path().resolve(), {"server_url": url}).settings.token
    if token is None:
        raise AuthError(f"You are not signed in to {url}.", "Sign in: loom login")
    me = asyncio.run(who_is(parse_address(url), token))
    if args.json:
        print(msgspec.json.encode(me).decode())
        return 0
    if me.user is None:
        print(f"{me.kind} at {url}")
        return 0
    roles = f" ({', '.join(me.user.roles)})" if me.user.roles else ""
    print(f"{me.user.name} <{me.user.email}>{roles} at {url}")
    if me.orgs:
        print("organizations; what you make belongs to the one with *:")
    for org in me.orgs:
        mark = "*" if org.id == me.org_id else " "
        print(f"  {mark} {org.slug:<24} {'yours alone' if org.is_personal else org.role}")
    return 0
