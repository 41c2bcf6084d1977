"""`/invitations/{token}`: an invitation, for browsers."""

from aiohttp import web

from loom.server import invitations
from loom.server.areas import Area
from loom.server.keys import CLOCK, DATABASE
from loom.server.pages.forms import read_form
from loom.server.pages.invitation import invitation_page
from loom.server.responses import see_other
from loom.server.routes.invitations import accepted
from loom.server.routing import Access, Route


async def show(request: web.Request) -> web.Response:
    """Who invites whom where; nothing is used up."""
    token, now = request.match_info["token"], request.app[CLOCK]()
    found = request.app[DATABASE].read(lambda c: invitations.preview(c, token, now))
    return invitation_page(request, found)


async def join(request: web.Request) -> web.Response:
    """Accepts it, and goes on to the account."""
    await read_form(request)
    await accepted(request)
    return see_other("/account")


ROUTES = (
    Route("GET", "/invitations/{token}", show, Access.PUBLIC),
    Route("POST", "/invitations/{token}", join, Access.SIGNED_IN),
)

AREA = Area(lambda app: ROUTES)
