"""`loom web`: the app in a browser, behind a login."""

import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from loom.cli.options import add_session_options, overrides, workspace_of

HELP = """\
Serves the app to a browser. The address that is printed once holds the token that opens it: whoever
has it works as you. Each tab is a window of its own; its session lives in your daemon, so that the
agent works on when the tab is closed or the network drops, and the tab comes back to it."""

PORT = 8765
_HANDED_ON = ("provider", "model", "mode", "server_url")


def add_arguments(parser: ArgumentParser) -> None:
    """Where it listens, and the flags of every session."""
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="where it listens (127.0.0.1)"
    )
    parser.add_argument(
        "--port", type=int, default=PORT, metavar="NUMBER", help=f"and on which port ({PORT})"
    )
    parser.add_argument(
        "--public-url", metavar="URL", help="how browsers reach it, if by a proxy that has TLS"
    )
    add_session_options(parser)


def run(args: Namespace) -> int:
    """Serve until Ctrl-C. Raises ConfigError."""
    import asyncio

    from loom.cli.upkeep import bring_up_to_date
    from loom.threads.location import database
    from loom.web.login import Login
    from loom.web.server import WebServer
    from loom.web.tabs import Tabs

    bring_up_to_date(database(os.environ))
    words = _app_words(args)
    with tempfile.TemporaryDirectory(prefix="loom-web-") as folder:
        login = Login()
        server = WebServer(words, Tabs(Path(folder)), login, args.host, args.port, _url(args))
        asyncio.run(server.run(lambda: _announce(server.public_url, login.token, args.host)))
    return 0


def _app_words(args: Namespace) -> Callable[[str], Sequence[str]]:
    """The app's command for a thread, with the flags that were given here."""
    given = [f"--{name.replace('_', '-')}={getattr(args, name)}" for name in _HANDED_ON]
    flags = [flag for flag in given if not flag.endswith("=None")]
    flags += [f"--allow={rule}" for rule in args.allow]
    flags += [f"--workspace={workspace_of(args)}", _daemon_flag(args)]
    # -P: a folder named loom in the person's project is not this program.
    program = [sys.executable, "-P", "-m", "loom"]

    def words(thread: str) -> Sequence[str]:
        return [*program, *(["resume", thread] if thread else []), *flags]

    return words


def _daemon_flag(args: Namespace) -> str:
    from loom.config.load import load

    settings = load(os.environ, workspace_of(args), overrides(args)).settings
    return "--no-daemon" if settings.session.daemon == "never" else "--daemon"


def _url(args: Namespace) -> str:
    """How browsers reach it. Raises ConfigError."""
    from urllib.parse import urlsplit

    from loom.core.errors import ConfigError

    if args.public_url is None:
        host = f"[{args.host}]" if ":" in args.host else args.host
        return f"http://{host}:{args.port}"
    parts = urlsplit(args.public_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigError(f"--public-url {args.public_url}: it is no http or https address")
    return str(args.public_url).rstrip("/")


def _announce(url: str, token: str, host: str) -> None:
    print(f"Loom in a browser: {url}/login#{token}", flush=True)
    is_local = host in ("localhost", "::1") or host.startswith("127.")
    if not is_local and not url.startswith("https:"):
        print(
            f"{host} can be reached from other machines, and nothing here encrypts: whoever sees "
            "the traffic sees all, the cookie too. Put a proxy with TLS before it (--public-url).",
            file=sys.stderr,
        )
    print("Ctrl-C ends it; sessions live on in your daemon.", file=sys.stderr)
