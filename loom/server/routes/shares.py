"""Sharing a thread: its owner makes links and lets the support in; nobody does it for them."""

import sqlite3

from aiohttp import web

from loom.api.shares import LinkMade, NewLink, ShareList, Shares
from loom.api.support import SupportRequest
from loom.server.areas import Area
from loom.server.door import audit, own_origin, principal_of
from loom.server.flags.listeners import SUPPORT_ASKED, Change
from loom.server.keys import CLOCK, LISTENERS, THREADS
from loom.server.responses import json_body, json_response
from loom.server.routing import Access, Route
from loom.server.sharing import overview
from loom.server.threads import links, support
from loom.server.threads.held import require_thread


async def listed(request: web.Request) -> web.Response:
    """The caller's threads that somebody sees by a link, or that the support sees or asks for."""
    principal, now = principal_of(request), request.app[CLOCK]()
    found = await request.app[THREADS].read_apart(lambda c: overview.listed(c, principal, now))
    return json_response(ShareList(found))


async def one(request: web.Request) -> web.Response:
    """Whom a thread is shown to."""
    principal, name, now = principal_of(request), _id(request), request.app[CLOCK]()

    found = request.app[THREADS].read(
        lambda c: overview.shares(c, require_thread(c, principal, "share", name), now)
    )
    return json_response(found)


async def link(request: web.Request) -> web.Response:
    """A new link; one that there was ends."""
    principal, name, now = principal_of(request), _id(request), request.app[CLOCK]()
    asked = await json_body(request, NewLink)
    made, token = await request.app[THREADS].writer.run(
        lambda c: links.create(
            c,
            require_thread(c, principal, "share", name).key,
            principal.user_id,
            now,
            asked.expires_in,
        )
    )
    audit(request, "share.create", resource=f"thread:{name}", expires_at=made.expires_at)
    url = f"{own_origin(request)}/shared/{name}/{token.expose()}"
    return json_response(LinkMade(made, token.expose(), url), 201)


async def unlink(request: web.Request) -> web.Response:
    """The link opens nothing from now on."""
    principal, name = principal_of(request), _id(request)
    await request.app[THREADS].writer.run(
        lambda c: links.revoke(c, require_thread(c, principal, "share", name).key)
    )
    audit(request, "share.revoke", resource=f"thread:{name}")
    return web.Response(status=204)


async def ask(request: web.Request) -> web.Response:
    """The support asks to read a thread; the answer does not tell whether it is there."""
    asked, name, now = await json_body(request, SupportRequest), _id(request), request.app[CLOCK]()
    by = principal_of(request)
    who = by.email or by.name
    owner = await request.app[THREADS].writer.run(
        lambda c: support.request(c, name, who, asked.reason, now)
    )
    if owner:
        _tell(request, owner)
    audit(request, "support.request", resource=f"thread:{name}")
    return web.Response(status=202)


async def grant(request: web.Request) -> web.Response:
    """The support reads the thread for 31 days, whether it asked or not."""
    principal, name, now = principal_of(request), _id(request), request.app[CLOCK]()

    def work(connection: sqlite3.Connection) -> Shares:
        held = require_thread(connection, principal, "share", name)
        support.grant(connection, held.key, now)
        return overview.shares(connection, held, now)

    shares = await request.app[THREADS].writer.run(work)
    _tell(request, shares.thread.owner_id)
    audit(request, "support.grant", resource=f"thread:{name}")
    return json_response(shares)


async def close(request: web.Request) -> web.Response:
    """The support reads the thread no more, and asks for it no more."""
    principal, name = principal_of(request), _id(request)

    def work(connection: sqlite3.Connection) -> str:
        held = require_thread(connection, principal, "share", name)
        support.revoke(connection, held.key)
        return held.info.owner_id

    _tell(request, await request.app[THREADS].writer.run(work))
    audit(request, "support.revoke", resource=f"thread:{name}")
    return web.Response(status=204)


def _tell(request: web.Request, owner: str) -> None:
    """The owner's clients learn what the support waits for now."""
    request.app[LISTENERS].tell(Change(SUPPORT_ASKED, "", _id(request), owner))


def _id(request: web.Request) -> str:
    return request.match_info["thread"]


_LINK = "/api/threads/{thread}/share"
_SUPPORT = "/api/threads/{thread}/support-access"

ROUTES = (
    Route("GET", "/api/shares", listed, Access.SIGNED_IN, gives=ShareList),
    Route("GET", _LINK, one, Access.SIGNED_IN, gives=Shares),
    Route("POST", _LINK, link, Access.SIGNED_IN, takes=NewLink, gives=LinkMade),
    Route("DELETE", _LINK, unlink, Access.SIGNED_IN),
    Route(
        "POST",
        f"{_SUPPORT}/request",
        ask,
        Access.ADMIN,
        roles=frozenset({"support"}),
        takes=SupportRequest,
    ),
    Route("POST", f"{_SUPPORT}/approve", grant, Access.SIGNED_IN, gives=Shares),
    Route("DELETE", _SUPPORT, close, Access.SIGNED_IN),
)

AREA = Area(lambda app: ROUTES)
