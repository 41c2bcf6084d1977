"""`loom logout`: the token is revoked at the server and forgotten here."""

import asyncio
import os
from argparse import ArgumentParser, Namespace

from loom.cli.login import chosen_server
from loom.core.errors import AuthError, ConfigError, LoomError
from loom.secrets import Secret

HELP = """\
Signs this machine out: the server revokes its token, and it is deleted here. Other machines stay
signed in; loom's account page ends their sessions. The server stays in your settings.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Where."""
    parser.add_argument("--server-url", metavar="URL", help="the server (default: your settings')")


def run(args: Namespace) -> int:
    """Signs out, here also when the server cannot be reached. Raises ConfigError."""
    from loom.credentials import Credentials

    url = chosen_server(args.server_url, os.environ)
    credentials = Credentials(os.environ)
    try:
        token, trouble = credentials.get(url), ""
    except ConfigError as error:
        token, trouble = None, error.message
    if token is not None:
        trouble = asyncio.run(_revoked(url, token))
    if not credentials.remove(url):
        print(f"You are not signed in to {url}.")
        return 0
    print(f"Signed out of {url}.")
    if trouble:
        print(
            f"The token is deleted here, but the server could not be told: {trouble}\n"
            f"It would hold until 60 days from its last use; end it at {url}/account."
        )
    return 0


async def _revoked(url: str, token: Secret) -> str:
    """Why the server did not revoke it; empty when it did, or had already."""
    from loom.api.client import ServerClient
    from loom.http import parse_address

    try:
        await ServerClient(parse_address(url), token).ask("POST", "/auth/logout", type(None))
    except AuthError:
        return ""
    except LoomError as error:
        return error.message
    return ""
