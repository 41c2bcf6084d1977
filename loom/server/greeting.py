"""What `loom --server` says once it listens: where, and what a first answer still needs."""

from collections.abc import AsyncIterator

from aiohttp import web

from loom.server.keys import ACCOUNTS, DATABASE
from loom.server.llm.base import LocalProvider

NO_KEY = """\
No provider has a key, so that only the demo answers. Set LOOM_SERVER_ANTHROPIC_API_KEY or another
of its kind and start again; loom server config lists all settings."""
NO_ACCOUNT = """\
Nobody has an account yet. In another shell: loom server link YOU@EXAMPLE.COM
prints a link; whoever opens the first one is the admin."""


async def greeting(app: web.Application, url: str, token: str) -> str:
    """Lines for the operator; `token` says where the server's own is from."""
    lines = [f"Loom server at {url}", f"Token from {token}"]
    return "\n".join([*lines, *[each async for each in _missing(app)], ""])


async def _missing(app: web.Application) -> AsyncIterator[str]:
    pools = [*app[ACCOUNTS]]
    real = [each for each in pools if not isinstance(each.accounts[0].provider, LocalProvider)]
    if not any(each.is_configured for each in real):
        yield NO_KEY
    if not await app[DATABASE].query("SELECT 1 FROM users LIMIT 1"):
        yield NO_ACCOUNT
