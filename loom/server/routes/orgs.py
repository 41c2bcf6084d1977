"""`/api/orgs`: organizations themselves."""

from dataclasses import replace

from aiohttp import web

from loom.api.orgs import NewOrg, Org, OrgChange, OrgList, OrgRole
from loom.server import orgs
from loom.server.access import Resource, not_there, require
from loom.server.areas import Area
from loom.server.door import audit, principal_of
from loom.server.keys import CLOCK, DATABASE
from loom.server.orgs import Found
from loom.server.responses import json_body, json_response
from loom.server.routes.finding import org_for, org_resource, person_of, rights_changed
from loom.server.routing import Access, Route


async def create(request: web.Request) -> web.Response:
    """Makes an organization; the caller owns it."""
    owner, asked = person_of(request), await json_body(request, NewOrg)
    now = request.app[CLOCK]()
    org = await request.app[DATABASE].write(lambda c: orgs.create(c, asked, owner, now))
    rights_changed(request)
    audit(request, "org.create", resource=f"organization:{org.id}", slug=org.slug)
    return json_response(org.seen("owner"), 201)


async def mine(request: web.Request) -> web.Response:
    """The caller's organizations; an API key sees its own."""
    principal = principal_of(request)
    found = request.app[DATABASE].read(lambda c: orgs.listed(c, principal.user_id))
    if principal.scopes is not None:
        found = tuple(org for org in found if org.id in principal.org_roles)
    return json_response(OrgList(found))


async def one(request: web.Request) -> web.Response:
    """An organization, for its members; a public one for everybody signed in."""
    return _answer(request, org_for(request, "read"))


async def change(request: web.Request) -> web.Response:
    """Name, slug, visibility."""
    org, asked = org_for(request, "manage"), await json_body(request, OrgChange)
    now = request.app[CLOCK]()
    changed = await request.app[DATABASE].write(lambda c: orgs.change(c, org, asked, now))
    audit(request, "org.change", resource=f"organization:{org.id}", slug=changed.slug)
    return _answer(request, changed)


async def delete(request: web.Request) -> web.Response:
    """Takes it out of use; its owners can restore it for 90 days."""
    org, now = org_for(request, "delete"), request.app[CLOCK]()
    deleted = await request.app[DATABASE].write(lambda c: orgs.delete(c, org, now))
    rights_changed(request)
    audit(request, "org.delete", resource=f"organization:{org.id}", slug=org.slug)
    return _answer(request, deleted)


async def restore(request: web.Request) -> web.Response:
    """Takes a deleted organization back into use."""
    org = _deleted(request)
    restored = await request.app[DATABASE].write(lambda c: orgs.restore(c, org))
    rights_changed(request)
    audit(request, "org.restore", resource=f"organization:{org.id}", slug=org.slug)
    return _answer(request, restored)


def _deleted(request: web.Request) -> Found:
    """The path's deleted organization: in it roles count for this one act."""
    asked, principal = request.match_info["org"], principal_of(request)
    org = request.app[DATABASE].read(lambda c: orgs.find_deleted(c, asked))
    if org is None:
        raise not_there(Resource("organization", asked=asked), "delete")
    if role := _role(request, org):
        principal = replace(principal, org_roles={**principal.org_roles, org.id: role})
    # To anybody but its members it is gone, whatever it was before.
    require(principal, "delete", replace(org_resource(org, asked), visibility="private"))
    return org


def _role(request: web.Request, org: Found) -> OrgRole | None:
    user_id = principal_of(request).user_id
    return request.app[DATABASE].read(lambda c: orgs.role_in(c, org.id, user_id))


def _answer(request: web.Request, org: Found) -> web.Response:
    return json_response(org.seen(_role(request, org) or ""))


_ORG = "/api/orgs/{org}"

ROUTES = (
    Route("POST", "/api/orgs", create, Access.SIGNED_IN, takes=NewOrg, gives=Org),
    Route("GET", "/api/orgs", mine, Access.SIGNED_IN, scope="threads:read", gives=OrgList),
    Route("GET", _ORG, one, Access.SIGNED_IN, scope="threads:read", gives=Org),
    Route("PATCH", _ORG, change, Access.SIGNED_IN, takes=OrgChange, gives=Org),
    Route("DELETE", _ORG, delete, Access.SIGNED_IN, gives=Org),
    Route("POST", f"{_ORG}/restore", restore, Access.SIGNED_IN, gives=Org),
)

AREA = Area(lambda app: ROUTES)
