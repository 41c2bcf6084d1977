"""`/api/orgs/{org}/members`: who is in an organization, and with which role."""

import sqlite3

from aiohttp import web

from loom.api.orgs import Member, MemberList, OrgRole, RoleChange
from loom.server import members
from loom.server.access import require
from loom.server.areas import Area
from loom.server.door import audit, principal_of
from loom.server.keys import CLOCK, DATABASE
from loom.server.orgs import require_shared
from loom.server.responses import json_body, json_response
from loom.server.routes.finding import (
    inside_org,
    org_for,
    org_resource,
    rights_changed,
    user_in,
)
from loom.server.routing import Access, Route


async def listed(request: web.Request) -> web.Response:
    """Everybody in the organization."""
    org = inside_org(request)
    found = request.app[DATABASE].read(lambda c: members.listed(c, org.id))
    return json_response(MemberList(found))


async def change(request: web.Request) -> web.Response:
    """Another role for a member. Whom owners made an owner, only owners unmake."""
    org, user_id = org_for(request, "manage"), user_in(request)
    asked, principal = await json_body(request, RoleChange), principal_of(request)

    def work(connection: sqlite3.Connection) -> Member:
        if "owner" in (asked.role, members.role_of(connection, org.id, user_id)):
            require(principal, "hand_over", org_resource(org))
        members.change_role(connection, org.id, user_id, asked.role)
        return next(each for each in members.listed(connection, org.id) if each.id == user_id)

    member = await request.app[DATABASE].write(work)
    rights_changed(request)
    audit(request, "org.member_role", "ok", f"user:{user_id}", org=org.id, role=asked.role)
    return json_response(member)


async def remove(request: web.Request) -> web.Response:
    """Lets a member go; whoever is in it may leave."""
    user_id = user_in(request)
    is_leaving = user_id == principal_of(request).user_id
    org = inside_org(request) if is_leaving else org_for(request, "manage")
    require_shared(org)
    principal, now = principal_of(request), request.app[CLOCK]()

    def work(connection: sqlite3.Connection) -> OrgRole:
        role = members.role_of(connection, org.id, user_id)
        if role == "owner" and not is_leaving:
            require(principal, "hand_over", org_resource(org))
        members.remove(connection, org.id, user_id, now)
        return role

    await request.app[DATABASE].write(work)
    rights_changed(request)
    kind = "org.member_leave" if is_leaving else "org.member_remove"
    audit(request, kind, resource=f"user:{user_id}", org=org.id)
    return web.Response(status=204)


_MEMBERS = "/api/orgs/{org}/members"
_ONE = f"{_MEMBERS}/{{user}}"

ROUTES = (
    Route("GET", _MEMBERS, listed, Access.SIGNED_IN, gives=MemberList),
    Route("PATCH", _ONE, change, Access.SIGNED_IN, takes=RoleChange, gives=Member),
    Route("DELETE", _ONE, remove, Access.SIGNED_IN),
)

AREA = Area(lambda app: ROUTES)
