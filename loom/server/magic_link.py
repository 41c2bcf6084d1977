"""Magic links from being asked for to being opened."""

import sqlite3
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from loom.http import is_loopback
from loom.secrets import Secret
from loom.server import users
from loom.server.auth import magic_links
from loom.server.auth.magic_links import MAILED_LIFETIME_MS, Link
from loom.server.door import own_origin
from loom.server.errors import Refused
from loom.server.keys import CLOCK, CONFIG, DATABASE, MAILER, RATE_LIMITS
from loom.server.login import returning
from loom.server.login.limits import LINKS_SENT
from loom.server.login.signing_in import Arrival, may_sign_up
from loom.server.mail.letter import Letter
from loom.server.pages.letters import sign_in_letter

PATH = "/auth/magic-link/verify"


def post_link(request: web.Request, email: str, next_page: str) -> None:
    """Has a link mailed to `email` if somebody with this address may sign in.

    Whether there is such an account is only looked up once the answer is on its way.

    Raises:
        Refused: the server does not know its own address (503).
    """
    app, base = request.app, link_base(request)

    async def write() -> Letter | None:
        if not _is_welcome(app, email) or app[RATE_LIMITS].take(LINKS_SENT, email).wait:
            return None
        url, _ = await new_link(app, base, Link(email, next_page, is_operators=False))
        return sign_in_letter(email, url.expose(), MAILED_LIFETIME_MS // 60_000)

    app[MAILER].post(write)


async def new_link(app: web.Application, base: str, link: Link) -> tuple[Secret, int]:
    """The address of a new link, and its end in Unix milliseconds."""
    now = app[CLOCK]()
    token, expires_at = await app[DATABASE].write(lambda c: magic_links.create(c, link, now))
    return Secret(f"{base}{PATH}?{urlencode({'token': token.expose()})}"), expires_at


def link_base(request: web.Request) -> str:
    """The address that links begin with: never one that only the request names.

    Raises:
        Refused: none is configured, and the request came from elsewhere than this machine (503).
    """
    origin = own_origin(request)
    if request.app[CONFIG].base_url or is_loopback(urlsplit(origin).hostname or ""):
        return origin
    raise Refused(
        503,
        "not_configured",
        "This server does not know its own address, which links need.",
        "Whoever runs it sets LOOM_SERVER_BASE_URL.",
    )


def _is_welcome(app: web.Application, email: str) -> bool:
    settings, now = app[CONFIG].login, app[CLOCK]()
    arrival = Arrival("email", "", email, is_email_verified=True)

    def question(connection: sqlite3.Connection) -> bool:
        if users.find_by_email(connection, email) is not None:
            return True
        if gone := returning.gone(connection, arrival):
            return gone.may_return
        return may_sign_up(connection, email, settings, now)

    return app[DATABASE].read(question)
