"""`loom login`: signs this machine in at a server, by a code that a browser approves."""

import os
import platform
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loom.api.accounts import Me
    from loom.api.login import DeviceStart
    from loom.http import Address
    from loom.secrets import Secret

HELP = """\
Signs this machine in at a Loom server: prints a code, which you approve in a browser, on this or
any other device. The token is kept in the system's keyring, else in a file that only you can read;
loom, loom -p and every other command then use it.

  loom login --server-url https://loom.example     and use that server from now on
  loom login                                       again, at the server of your settings
  loom login --provider github                     go straight to that way of signing in
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Where, how, and whether a browser is opened."""
    parser.add_argument("--server-url", metavar="URL", help="the server; kept in your settings")
    parser.add_argument("--provider", metavar="NAME", help="github, google, okta, magic_link …")
    parser.add_argument("--no-browser", action="store_true", help="open none; print the address")


def run(args: Namespace) -> int:
    """Signs in; 0 when it did. Raises LoomError."""
    import asyncio

    return asyncio.run(_signed_in(args, os.environ))


async def _signed_in(args: Namespace, environment: "Mapping[str, str]") -> int:
    from loom.api.device import DeviceLogin
    from loom.credentials import Credentials
    from loom.http import parse_address

    url = chosen_server(args.server_url, environment)
    address = parse_address(url)
    _warn_of_plain_http(url)
    device = DeviceLogin(address, platform.node())
    start = await device.start()
    _show(args, start, url, environment)
    token = await device.token(start)
    me = await who_is(address, token)
    place = Credentials(environment).put(url, token)
    print(f"\nSigned in to {url} as {_name(me)}. The token is in {place}.")
    _remember(args, url, environment)
    return 0


def chosen_server(given: str | None, environment: "Mapping[str, str]") -> str:
    """The server that was named, else that of the settings. Raises ConfigError without one."""
    from loom.config import load
    from loom.core.errors import ConfigError
    from loom.credentials import server_key

    url = given or load(environment, Path().resolve(), has_login=False).settings.server_url
    if not url:
        raise ConfigError(
            "no server is named", "Name it once: loom login --server-url https://HOST"
        )
    return server_key(url)


async def who_is(address: "Address", token: "Secret") -> "Me":
    """Whose token it is. Raises LoomError."""
    from loom.api.accounts import Me
    from loom.api.client import ServerClient

    return await ServerClient(address, token).ask("GET", "/auth/me", Me)


def _show(
    args: Namespace, start: "DeviceStart", url: str, environment: "Mapping[str, str]"
) -> None:
    page = start.verification_uri_complete
    if args.provider:
        base, _, rest = page.partition("/device?")
        page = f"{base}/login?provider={quote(args.provider)}&next={quote(f'/device?{rest}')}"
    print(f"To sign in to {url}, open\n\n  {page}\n")
    print(f"and approve the code  {start.user_code}\n")
    if sys.stdout.isatty():
        import segno

        segno.make(page, error="l").terminal(compact=True, border=2)
    if not args.no_browser and _has_browser(environment):
        import webbrowser

        webbrowser.open(page)
    print(f"Waiting, for {start.expires_in // 60} minutes at most. Ctrl+C cancels.", flush=True)


def _has_browser(environment: "Mapping[str, str]") -> bool:
    """One with a window of its own on this machine: a browser in the terminal would take it."""
    if any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY")):
        return False
    windows = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    return sys.platform == "darwin" or any(environment.get(name) for name in windows)


def _warn_of_plain_http(url: str) -> None:
    from urllib.parse import urlsplit

    from loom.http import is_loopback

    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        text = f"loom: {url} is not encrypted: whoever is on the way can read your token."
        print(f"{text} Use https:// if the server has it.", file=sys.stderr)


def _name(me: "Me") -> str:
    return (me.user.email or me.user.name) if me.user else me.kind


def _remember(args: Namespace, url: str, environment: "Mapping[str, str]") -> None:
    """Keeps the server in the person's settings, if they named it and it is not there already."""
    from loom.config import load
    from loom.config.chosen import keep_server
    from loom.credentials import server_key

    known = load(environment, Path().resolve(), has_login=False)
    if args.server_url and server_key(known.settings.server_url) != url:
        path = keep_server(url, environment)
        print(f"loom uses this server from now on: server_url in {path}.")
        if known.origin("server_url") == "LOOM_SERVER_URL":
            print("Unset LOOM_SERVER_URL, which names another.")
    if environment.get("LOOM_TOKEN") or environment.get("LOOM_TOKEN_FILE"):
        print("Unset LOOM_TOKEN (and LOOM_TOKEN_FILE): it takes the place of this sign-in.")
