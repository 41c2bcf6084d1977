"""`/auth/impersonation`: for who is in somebody's place, whether that is so, and the end of it."""

from aiohttp import web

from loom.api.admin import ImpersonationState
from loom.api.times import rfc3339
from loom.server import impersonation
from loom.server.areas import Area
from loom.server.auth import login_sessions
from loom.server.door import audit, principal_of
from loom.server.errors import Refused
from loom.server.keys import DATABASE
from loom.server.responses import json_response
from loom.server.routes.finding import rights_changed
from loom.server.routing import Access, Route


async def state(request: web.Request) -> web.Response:
    """Whether the caller is an admin in somebody's place, and until when."""
    principal = principal_of(request)
    if not principal.is_impersonating:
        return json_response(ImpersonationState(False))
    ends_at = request.app[DATABASE].read(
        lambda c: impersonation.ends_at(c, principal.credential_id)
    )
    ids = (principal.user_id, principal.actor_id)
    return json_response(ImpersonationState(True, *ids, rfc3339(ends_at)))


async def stop(request: web.Request) -> web.Response:
    """The token stands for nobody any more."""
    principal = principal_of(request)
    if not principal.is_impersonating:
        raise Refused(409, "conflict", "you are nobody but yourself")
    await request.app[DATABASE].write(
        lambda c: login_sessions.end(c, principal.credential_id, principal.user_id)
    )
    rights_changed(request)
    audit(request, "admin.impersonate_stop", resource=f"user:{principal.user_id}")
    return web.Response(status=204)


_PATH = "/auth/impersonation"

ROUTES = (
    Route("GET", _PATH, state, Access.SIGNED_IN, gives=ImpersonationState),
    Route("DELETE", _PATH, stop, Access.SIGNED_IN, is_for_impersonators=True),
)

AREA = Area(lambda app: ROUTES)
