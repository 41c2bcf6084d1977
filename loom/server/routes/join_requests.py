"""`/api/orgs/{org}/join-requests`: asking to be let in, and the answer."""

from aiohttp import web

from loom.api.orgs import JoinAsked, JoinRequestList
from loom.server import join_requests
from loom.server.areas import Area
from loom.server.door import audit
from loom.server.keys import CLOCK, DATABASE
from loom.server.responses import json_body, json_response
from loom.server.routes.finding import org_for, person_of, rights_changed, user_in
from loom.server.routing import Access, Route


async def ask(request: web.Request) -> web.Response:
    """Asks a public organization to let the caller in."""
    user_id, org = person_of(request), org_for(request, "join")
    asked, now = await json_body(request, JoinAsked), request.app[CLOCK]()
    await request.app[DATABASE].write(
        lambda c: join_requests.ask(c, org.id, user_id, asked.message, now)
    )
    audit(request, "org.join_ask", resource=f"organization:{org.id}")
    return web.Response(status=204)


async def listed(request: web.Request) -> web.Response:
    """Who waits for an answer."""
    org = org_for(request, "manage")
    return json_response(
        JoinRequestList(request.app[DATABASE].read(lambda c: join_requests.listed(c, org.id)))
    )


async def approve(request: web.Request) -> web.Response:
    """Lets the person in, as a member."""
    org, user_id, now = org_for(request, "manage"), user_in(request), request.app[CLOCK]()
    await request.app[DATABASE].write(lambda c: join_requests.approve(c, org.id, user_id, now))
    rights_changed(request)
    audit(request, "org.join_approve", resource=f"user:{user_id}", org=org.id)
    return web.Response(status=204)


async def reject(request: web.Request) -> web.Response:
    """Says no; the person may ask again."""
    org, user_id = org_for(request, "manage"), user_in(request)
    await request.app[DATABASE].write(lambda c: join_requests.reject(c, org.id, user_id))
    audit(request, "org.join_reject", resource=f"user:{user_id}", org=org.id)
    return web.Response(status=204)


_REQUESTS = "/api/orgs/{org}/join-requests"
_ONE = f"{_REQUESTS}/{{user}}"

ROUTES = (
    Route("POST", _REQUESTS, ask, Access.SIGNED_IN, takes=JoinAsked),
    Route("GET", _REQUESTS, listed, Access.SIGNED_IN, gives=JoinRequestList),
    Route("POST", f"{_ONE}/approve", approve, Access.SIGNED_IN),
    Route("POST", f"{_ONE}/reject", reject, Access.SIGNED_IN),
)

AREA = Area(lambda app: ROUTES)
