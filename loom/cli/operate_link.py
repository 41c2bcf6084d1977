"""`loom server link`: a link that signs somebody in, without mail or identity provider."""

import asyncio
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from urllib.parse import urlsplit

from loom.cli.team_words import minute

HELP = """\
Makes a link that signs in whoever opens it as EMAIL: once, within an hour. The account is made if
there is none, whatever --signups says; the first of all is the server's admin. It asks the server
that runs on this machine, with the server's own token.

  loom server link you@example.com
"""


def add_arguments(parser: ArgumentParser) -> None:
    """For whom."""
    parser.add_argument("email", metavar="EMAIL", help="whose account")
    parser.add_argument("--json", action="store_true", help="url and expires_at as JSON")


def run(args: Namespace) -> int:
    """Prints it. Raises LoomError."""
    import msgspec

    from loom.api.login import LinkRequest, SignInLink
    from loom.cli.remote import local_client
    from loom.http import is_loopback

    client = local_client(os.environ, Path(args.config) if args.config else None)
    asked = LinkRequest(args.email)
    link = asyncio.run(client.ask("POST", "/auth/links", SignInLink, asked))
    if args.json:
        print(msgspec.json.encode(link).decode())
        return 0
    print(link.url)
    print(f"It signs in as {args.email}, once, until {minute(link.expires_at)}.")
    if is_loopback(urlsplit(link.url).hostname or ""):
        print("Only this machine can open it; LOOM_SERVER_BASE_URL is the address for others.")
    return 0
