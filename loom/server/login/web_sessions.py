"""A browser's LoginSession: the cookie, when it begins and when it ends."""

import sqlite3

from aiohttp import web

from loom.server import cookies
from loom.server.auth import login_sessions
from loom.server.auth.credentials import COOKIE, LOGIN_LIFETIME_MS
from loom.server.auth.login_sessions import Origin
from loom.server.door import principal_of
from loom.server.keys import AUTHENTICATOR, CLOCK, DATABASE, PRINCIPAL

USER_AGENT_LENGTH = 200


async def start(request: web.Request, response: web.StreamResponse, user_id: str) -> None:
    """Signs the browser in as `user_id`, with a new session in the place of any that it had.

    The request's principal is that person from now on.
    """
    old, now, origin = principal_of(request), request.app[CLOCK](), origin_of(request)

    def work(connection: sqlite3.Connection) -> str:
        if old.is_cookie:
            login_sessions.end(connection, old.credential_id, old.user_id)
        _, credential = login_sessions.create(connection, user_id, "web", now, origin)
        return credential.expose()

    value = await request.app[DATABASE].write(work)
    authenticator = request.app[AUTHENTICATOR]
    authenticator.forget()
    if principal := await authenticator.principal(value, is_cookie=True):
        request[PRINCIPAL] = principal
    cookies.put(request, response, COOKIE, value, LOGIN_LIFETIME_MS // 1000)


def prolong(request: web.Request, response: web.StreamResponse) -> None:
    """The browser keeps its cookie for as long as the server would."""
    if principal_of(request).is_cookie and (value := cookies.shown(request, COOKIE)):
        cookies.put(request, response, COOKIE, value, LOGIN_LIFETIME_MS // 1000)


def origin_of(request: web.Request) -> Origin:
    """Where the request came from."""
    agent = request.headers.get("User-Agent", "")[:USER_AGENT_LENGTH]
    return Origin(request.remote or "", agent)
