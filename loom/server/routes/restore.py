"""`/auth/restore`: whether who deleted their account wants it back."""

import sqlite3

import msgspec
from aiohttp import web

from loom.server import deletions
from loom.server.areas import Area
from loom.server.door import audit
from loom.server.errors import Refused
from loom.server.keys import CLOCK, DATABASE
from loom.server.login import browser, returning
from loom.server.login.signing_in import Arrival, let_in
from loom.server.pages.forms import form, form_page, read_form
from loom.server.pages.html import tag
from loom.server.routing import Access, Route


async def question(request: web.Request) -> web.Response:
    """The page that asks; nothing is done yet."""
    words = (
        "You deleted this account. It can still be restored, with all that was yours and with the"
        " organizations that only you were in."
    )
    state = tag("input", type="hidden", name="state", value=request.query.get("state", ""))
    button = tag("button", "Restore my account")
    leave = tag("p", tag("a", "Leave it deleted", href="/login"))
    asked = form(request, returning.PATH, state, button)
    return form_page(request, "Welcome back?", tag("p", words), asked, leave)


async def restore(request: web.Request) -> web.Response:
    """Restores the account and signs in to it."""
    state = (await read_form(request)).get("state", "")
    by, now = browser.marked(request), request.app[CLOCK]()

    def work(connection: sqlite3.Connection) -> tuple[Arrival, str, str]:
        kept = returning.take(connection, state, by, now)
        if kept is None:
            raise Refused(403, "stale_form", "This page is too old.", "Sign in again: /login.")
        arrival = msgspec.json.decode(kept.arrival, type=Arrival)
        found = returning.gone(connection, arrival)
        if found is None or not found.may_return:
            raise Refused(409, "conflict", "This account is not yours to restore any more.")
        deletions.restore_user(connection, found.id, now)
        return arrival, kept.next, found.id

    arrival, next_page, user_id = await request.app[DATABASE].write(work)
    response = await let_in(request, arrival, next_page)
    audit(request, "user.restore", resource=f"user:{user_id}")
    return response


ROUTES = (
    Route("GET", returning.PATH, question, Access.PUBLIC),
    Route("POST", returning.PATH, restore, Access.PUBLIC),
)

AREA = Area(lambda app: ROUTES)
