"""`/api/users`: other people, and one's own account."""

from aiohttp import web

from loom.api.accounts import User
from loom.api.users import Deleted, MeChange, Storage, UserCard
from loom.server import deletions, orgs, users
from loom.server.access import Resource, not_there, require
from loom.server.areas import Area
from loom.server.door import audit, principal_of
from loom.server.keys import CLOCK, DATABASE, STORAGE, THREADS
from loom.server.responses import json_body, json_response
from loom.server.routes.finding import org_resource, person_of, rights_changed, user_in
from loom.server.routing import Access, Route
from loom.server.threads import quota


async def one(request: web.Request) -> web.Response:
    """Somebody who is in an organization of the caller's."""
    user_id = user_in(request)
    user = request.app[DATABASE].read(lambda c: users.find(c, user_id))
    shared = request.app[DATABASE].read(lambda c: orgs.shared_by(c, user_id))
    if user is None:
        raise not_there(Resource("user", user_id))
    require(principal_of(request), "read", Resource("user", user_id, member_of=shared))
    return json_response(UserCard(user.id, user.name, user.email))


async def change(request: web.Request) -> web.Response:
    """The caller's name, language, and the organization that owns what they make."""
    user_id, asked = person_of(request), await json_body(request, MeChange)
    require(principal_of(request), "write", Resource("user", user_id))
    default = _chosen(request, asked.default_org) if asked.default_org else asked.default_org
    now = request.app[CLOCK]()
    changed = MeChange(asked.name, asked.locale, default)
    user = await request.app[DATABASE].write(lambda c: users.change(c, user_id, changed, now))
    rights_changed(request)
    audit(request, "user.change", resource=f"user:{user_id}")
    return json_response(user)


async def delete(request: web.Request) -> web.Response:
    """Deletes the caller's account and signs it out; signing in within 90 days restores it."""
    user_id, now = person_of(request), request.app[CLOCK]()
    require(principal_of(request), "delete", Resource("user", user_id))
    deleted = await request.app[DATABASE].write(
        lambda c: deletions.delete_user(c, user_id, now, may_return=True)
    )
    rights_changed(request)
    audit(request, "user.delete", resource=f"user:{user_id}")
    return json_response(deleted)


async def storage(request: web.Request) -> web.Response:
    """How much is kept for the caller, and how much may be."""
    user_id = person_of(request)
    limit = request.app[STORAGE].settings.max_bytes_per_user
    told = await request.app[THREADS].read_apart(lambda c: quota.storage(c, user_id, limit))
    return json_response(told)


def _chosen(request: web.Request, asked: str) -> str:
    org = request.app[DATABASE].read(lambda c: orgs.find(c, asked))
    if org is None or org.id not in principal_of(request).org_roles:
        raise not_there(Resource("organization", asked=asked), "use")
    require(principal_of(request), "use", org_resource(org, asked))
    return org.id


ROUTES = (
    Route("PATCH", "/api/users/me", change, Access.SIGNED_IN, takes=MeChange, gives=User),
    Route("POST", "/api/users/me/delete", delete, Access.SIGNED_IN, gives=Deleted),
    Route("GET", "/api/users/me/storage", storage, Access.SIGNED_IN, gives=Storage),
    Route("GET", "/api/users/{user}", one, Access.SIGNED_IN, gives=UserCard),
)

AREA = Area(lambda app: ROUTES)
