"""Who deleted their account and comes to a login door: they are known, and asked once.

The question is a page of its own. What the door found out is kept for it, as for any sign-in that
is on its way: for ten minutes, once, in this browser.
"""

import secrets
import sqlite3
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from loom.api.users import Deleted
from loom.server import deletions
from loom.server.addresses import folded
from loom.server.auth import identities
from loom.server.keys import CLOCK, DATABASE
from loom.server.login import browser, login_states
from loom.server.login.login_states import Kept
from loom.server.responses import see_other

if TYPE_CHECKING:
    from loom.server.login.signing_in import Arrival

PATH = "/auth/restore"
_DOOR = "restore"


def gone(connection: sqlite3.Connection, arrival: "Arrival") -> Deleted | None:
    """The account that `arrival` had: by identity, else by verified e-mail."""
    user_id = None
    if arrival.subject:
        user_id = identities.user_of(connection, arrival.provider, arrival.subject)
    if user_id is None and arrival.is_email_verified:
        sql = "SELECT id FROM users WHERE email = ?"
        row = connection.execute(sql, (folded(arrival.email),)).fetchone()
        user_id = None if row is None else str(row[0])
    return None if user_id is None else deletions.restorable(connection, user_id)


async def ask(request: web.Request, arrival: "Arrival", next_page: str) -> web.Response:
    """Sends the browser to the question."""
    state, now = secrets.token_urlsafe(32), request.app[CLOCK]()
    response = see_other(f"{PATH}?state={state}")
    kept = Kept(
        browser.mark(request, response),
        next=next_page,
        arrival=msgspec.json.encode(arrival).decode(),
    )
    await request.app[DATABASE].write(lambda c: login_states.keep(c, _DOOR, state, kept, now))
    return response


def take(connection: sqlite3.Connection, state: str, by: bytes, now_ms: int) -> Kept | None:
    """What the door found out, which is gone with this."""
    return login_states.take(connection, _DOOR, state, now_ms, by)
