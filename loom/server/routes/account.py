"""`/auth/me` and the person's own account."""

from aiohttp import web

from loom.api.accounts import Me
from loom.server import orgs, users
from loom.server.areas import Area
from loom.server.door import principal_of
from loom.server.keys import DATABASE
from loom.server.responses import json_response
from loom.server.routing import Access, Route


async def me(request: web.Request) -> web.Response:
    """Who is calling: the person, their organizations, what the credential is limited to."""
    principal = principal_of(request)
    user = request.app[DATABASE].read(lambda c: users.find(c, principal.user_id))
    mine = request.app[DATABASE].read(lambda c: orgs.of_user(c, principal.user_id))
    seen = tuple(org for org in mine if org.id in principal.org_roles)
    scopes = None if principal.scopes is None else tuple(sorted(principal.scopes))
    is_other = principal.actor_id != principal.user_id
    return json_response(
        Me(
            principal.kind.value,
            user,
            seen,
            principal.org_id,
            scopes,
            principal.actor_id if is_other else "",
        )
    )


ROUTES = (Route("GET", "/auth/me", me, Access.SIGNED_IN, scope="threads:read", gives=Me),)

AREA = Area(lambda app: ROUTES)
