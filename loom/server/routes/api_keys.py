"""`/api/orgs/{org}/api-keys`: an organization's keys, in the hands of its admins."""

from aiohttp import web

from loom.api.keys import ApiKeyList, ApiKeyMade, NewApiKey
from loom.server.areas import Area
from loom.server.auth import service_keys
from loom.server.door import audit
from loom.server.keys import CLOCK, DATABASE
from loom.server.responses import json_body, json_response
from loom.server.routes.finding import member_of, org_for, rights_changed
from loom.server.routing import Access, Route


async def create(request: web.Request) -> web.Response:
    """Makes a key that does what its scopes say and its maker may; it is told this once."""
    org, asked = org_for(request, "manage"), await json_body(request, NewApiKey)
    user_id, now = member_of(request, org), request.app[CLOCK]()
    made, key = await request.app[DATABASE].write(
        lambda c: service_keys.create(c, org.id, asked, user_id, now)
    )
    scopes = " ".join(made.scopes)
    audit(request, "api_key.create", resource=f"api_key:{made.id}", org=org.id, scopes=scopes)
    return json_response(ApiKeyMade(made, key.expose()), 201)


async def listed(request: web.Request) -> web.Response:
    """The keys that can be used."""
    org, now = org_for(request, "manage"), request.app[CLOCK]()
    found = request.app[DATABASE].read(lambda c: service_keys.listed(c, org.id, now))
    return json_response(ApiKeyList(found))


async def revoke(request: web.Request) -> web.Response:
    """Ends a key at once."""
    org, key_id = org_for(request, "manage"), request.match_info["key"]
    now = request.app[CLOCK]()
    await request.app[DATABASE].write(lambda c: service_keys.revoke(c, org.id, key_id, now))
    rights_changed(request)
    audit(request, "api_key.revoke", resource=f"api_key:{key_id}", org=org.id)
    return web.Response(status=204)


_KEYS = "/api/orgs/{org}/api-keys"

ROUTES = (
    Route("POST", _KEYS, create, Access.SIGNED_IN, takes=NewApiKey, gives=ApiKeyMade),
    Route("GET", _KEYS, listed, Access.SIGNED_IN, gives=ApiKeyList),
    Route("DELETE", f"{_KEYS}/{{key}}", revoke, Access.SIGNED_IN),
)

AREA = Area(lambda app: ROUTES)
