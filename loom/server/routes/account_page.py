"""`/account`: one's own account, for browsers."""

from aiohttp import web

from loom.server import cookies, orgs, users
from loom.server.access import Resource, not_there
from loom.server.areas import Area
from loom.server.auth import identities
from loom.server.auth.credentials import COOKIE
from loom.server.door import principal_of
from loom.server.keys import DATABASE
from loom.server.pages.account import account_page
from loom.server.pages.forms import read_form
from loom.server.responses import see_other
from loom.server.routes.sessions import end_others, end_session, rows_of
from loom.server.routing import Access, Route


async def home(request: web.Request) -> web.Response:
    """Who opens the server's address comes to their account, or to the login."""
    return see_other("/account")


async def account(request: web.Request) -> web.Response:
    """Who one is, and where one is signed in."""
    user_id, database = principal_of(request).user_id, request.app[DATABASE]
    user = database.read(lambda c: users.find(c, user_id))
    if user is None:
        raise not_there(Resource("user", user_id))
    linked = database.read(lambda c: identities.of_user(c, user_id))
    belongs = database.read(lambda c: orgs.of_user(c, user_id))
    return account_page(request, user, linked, belongs, rows_of(request))


async def end(request: web.Request) -> web.Response:
    """Signs one session out, and comes back."""
    await read_form(request)
    session_id = request.match_info["session"]
    await end_session(request, session_id)
    if session_id != principal_of(request).credential_id:
        return see_other("/account")
    response = see_other("/login")
    cookies.drop(request, response, COOKIE)
    return response


async def end_all_others(request: web.Request) -> web.Response:
    """Signs the person out everywhere but here."""
    await read_form(request)
    await end_others(request)
    return see_other("/account")


ROUTES = (
    Route("GET", "/", home, Access.PUBLIC),
    Route("GET", "/account", account, Access.SIGNED_IN),
    Route("POST", "/account/sessions/end-others", end_all_others, Access.SIGNED_IN),
    Route("POST", "/account/sessions/{session}/end", end, Access.SIGNED_IN),
)

AREA = Area(lambda app: ROUTES)
