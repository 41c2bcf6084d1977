"""`/api/orgs/{org}/teams`: teams and who is in them."""

from aiohttp import web

from loom.api.teams import NewTeam, Team, TeamList, TeamMemberList, TeamRoleChange
from loom.server import teams
from loom.server.access import Action, Resource, require
from loom.server.areas import Area
from loom.server.door import audit, principal_of
from loom.server.keys import CLOCK, DATABASE
from loom.server.orgs import Found
from loom.server.responses import json_body, json_response
from loom.server.routes.finding import inside_org, org_for, rights_changed, user_in
from loom.server.routing import Access, Route


async def listed(request: web.Request) -> web.Response:
    """The organization's teams."""
    org, user_id = inside_org(request), principal_of(request).user_id
    found = request.app[DATABASE].read(lambda c: teams.listed(c, org.id, user_id))
    return json_response(TeamList(found))


async def create(request: web.Request) -> web.Response:
    """Makes a team."""
    org, asked = org_for(request, "manage"), await json_body(request, NewTeam)
    user_id, now = principal_of(request).user_id, request.app[CLOCK]()
    team = await request.app[DATABASE].write(lambda c: teams.create(c, org.id, asked, user_id, now))
    audit(request, "team.create", resource=f"team:{team.id}", org=org.id, slug=team.slug)
    return json_response(team, 201)


async def delete(request: web.Request) -> web.Response:
    """Deletes a team; what was shared with it is its owners' alone then."""
    org, team = _team_for(request, "delete")
    await request.app[DATABASE].write(lambda c: teams.delete(c, team.id))
    rights_changed(request)
    audit(request, "team.delete", resource=f"team:{team.id}", org=org.id, slug=team.slug)
    return web.Response(status=204)


async def members(request: web.Request) -> web.Response:
    """Who is in a team."""
    _, team = _team_for(request, "read")
    found = request.app[DATABASE].read(lambda c: teams.members(c, team.id))
    return json_response(TeamMemberList(found))


async def put_member(request: web.Request) -> web.Response:
    """Takes a member of the organization into the team, or changes their role in it."""
    org, team = _team_for(request, "manage")
    user_id, asked = user_in(request), await json_body(request, TeamRoleChange)
    now = request.app[CLOCK]()
    await request.app[DATABASE].write(
        lambda c: teams.put(c, org.id, team.id, user_id, asked.role, now)
    )
    rights_changed(request)
    audit(request, "team.member_role", resource=f"user:{user_id}", team=team.id, role=asked.role)
    return web.Response(status=204)


async def remove_member(request: web.Request) -> web.Response:
    """Lets somebody go; whoever is in it may leave."""
    user_id = user_in(request)
    is_leaving = user_id == principal_of(request).user_id
    _, team = _team_for(request, "read" if is_leaving else "manage")
    await request.app[DATABASE].write(lambda c: teams.remove(c, team.id, user_id))
    rights_changed(request)
    audit(request, "team.member_remove", resource=f"user:{user_id}", team=team.id)
    return web.Response(status=204)


def _team_for(request: web.Request, action: Action) -> tuple[Found, Team]:
    org, asked = inside_org(request), request.match_info["team"]
    principal = principal_of(request)
    team = request.app[DATABASE].read(lambda c: teams.find(c, org.id, asked, principal.user_id))
    require(principal, action, Resource("team", team.id, org_id=org.id, asked=asked))
    return org, team


_TEAMS = "/api/orgs/{org}/teams"
_ONE = f"{_TEAMS}/{{team}}"
_MEMBER = f"{_ONE}/members/{{user}}"

ROUTES = (
    Route("GET", _TEAMS, listed, Access.SIGNED_IN, scope="threads:read", gives=TeamList),
    Route("POST", _TEAMS, create, Access.SIGNED_IN, takes=NewTeam, gives=Team),
    Route("DELETE", _ONE, delete, Access.SIGNED_IN),
    Route("GET", f"{_ONE}/members", members, Access.SIGNED_IN, gives=TeamMemberList),
    Route("PUT", _MEMBER, put_member, Access.SIGNED_IN, takes=TeamRoleChange),
    Route("DELETE", _MEMBER, remove_member, Access.SIGNED_IN),
)

AREA = Area(lambda app: ROUTES)
