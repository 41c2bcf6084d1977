"""`/login`, the ways that need no provider, and signing out."""

from collections.abc import AsyncIterator, Iterable

from aiohttp import web

from loom.api.health import Component
from loom.api.login import LoginWay, LoginWays
from loom.server.areas import Area
from loom.server.auth.next_page import safe_next
from loom.server.door import principal_of
from loom.server.keys import BACKGROUND, CLOCK, COMPONENTS, CONFIG, MAILER, RATE_LIMITS
from loom.server.login.signing_in import Arrival, let_in
from loom.server.login.ways import ways
from loom.server.mail.mailer import Mailer
from loom.server.pages.forms import read_form
from loom.server.pages.frame import style
from loom.server.pages.login import login_page
from loom.server.rate_limits import RateLimits
from loom.server.responses import json_response, see_other
from loom.server.routing import Access, Route

DEV = "dev@localhost"


async def login(request: web.Request) -> web.Response:
    """All ways to sign in; who has signed in already goes on to `next`."""
    next_page = safe_next(request.query.get("next", ""))
    if principal_of(request).is_cookie:
        return see_other(next_page)
    return login_page(request, next_page, request.query.get("provider", ""))


async def providers(request: web.Request) -> web.Response:
    """The ways that are set up, for programs."""
    config = request.app[CONFIG]
    offered = tuple(LoginWay(way.name, way.label, way.path) for way in ways(config))
    return json_response(LoginWays(offered, config.login.signups))


async def dev(request: web.Request) -> web.Response:
    """In dev mode: signs in as an admin without asking for anything."""
    fields = await read_form(request)
    arrival = Arrival("dev", "", DEV, is_email_verified=True, is_vouched_for=True)
    return await let_in(request, arrival, fields.get("next", ""))


async def style_sheet(request: web.Request) -> web.Response:
    """The pages' style; its name changes with it, so that browsers may keep it for good."""
    name, body = style()
    if request.match_info["file"] != name:
        raise web.HTTPNotFound
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.Response(body=body, content_type="text/css", charset="utf-8", headers=headers)


def _routes(app: web.Application) -> Iterable[Route]:
    yield Route("GET", "/login", login, Access.PUBLIC)
    yield Route("GET", "/auth/providers", providers, Access.PUBLIC, gives=LoginWays)
    yield Route("GET", "/pages/{file}", style_sheet, Access.PUBLIC)
    if app[CONFIG].login.is_dev_mode:
        yield Route("POST", "/auth/login/dev", dev, Access.PUBLIC)


async def _opens(app: web.Application) -> AsyncIterator[None]:
    app[RATE_LIMITS] = RateLimits(app[CLOCK])
    app[MAILER] = Mailer(app[CONFIG].mail)
    app[BACKGROUND].spawn(app[MAILER].run())
    is_mail = app[CONFIG].mail is not None
    app[COMPONENTS]["mail"] = lambda: Component(
        "healthy" if is_mail else "unknown", configured=is_mail
    )
    yield


AREA = Area(_routes, _opens)
