"""Invitations: made and taken back by an organization's admins, accepted by whom they are for."""

from aiohttp import web

from loom.api.orgs import (
    Invitation,
    InvitationList,
    InvitationMade,
    InvitationPreview,
    NewInvitation,
    Org,
)
from loom.server import invitations, orgs
from loom.server.areas import Area
from loom.server.door import audit, own_origin, principal_of
from loom.server.invitation_mail import INVITATIONS, PATH, post_invitation
from loom.server.keys import CLOCK, DATABASE
from loom.server.login.limits import require_rate
from loom.server.responses import json_body, json_response
from loom.server.routes.finding import org_for, person_of, rights_changed
from loom.server.routing import Access, Route


async def create(request: web.Request) -> web.Response:
    """Invites somebody; the token is told this once."""
    org, asked = org_for(request, "manage"), await json_body(request, NewInvitation)
    by, now = principal_of(request).user_id or None, request.app[CLOCK]()
    require_rate(request, INVITATIONS, by or "")
    made, token = await request.app[DATABASE].write(
        lambda c: invitations.create(c, org, asked, by, now)
    )
    resource = f"invitation:{made.id}"
    audit(request, "invitation.create", resource=resource, org=org.id, role=made.role)
    link = f"{own_origin(request)}{PATH}/{token.expose()}"
    is_mailed = post_invitation(request, org, made, token)
    return json_response(InvitationMade(made, token.expose(), link, is_mailed), 201)


async def listed(request: web.Request) -> web.Response:
    """Those that wait."""
    org, now = org_for(request, "manage"), request.app[CLOCK]()
    found: tuple[Invitation, ...] = request.app[DATABASE].read(
        lambda c: invitations.listed(c, org.id, now)
    )
    return json_response(InvitationList(found))


async def revoke(request: web.Request) -> web.Response:
    """Takes one back."""
    org, invitation_id = org_for(request, "manage"), request.match_info["invitation"]
    await request.app[DATABASE].write(lambda c: invitations.revoke(c, org.id, invitation_id))
    audit(request, "invitation.revoke", resource=f"invitation:{invitation_id}", org=org.id)
    return web.Response(status=204)


async def preview(request: web.Request) -> web.Response:
    """Who invites whom where."""
    token, now = request.match_info["token"], request.app[CLOCK]()
    return json_response(request.app[DATABASE].read(lambda c: invitations.preview(c, token, now)))


async def accept(request: web.Request) -> web.Response:
    """The caller, whose address was invited, is in the organization from now on."""
    return json_response(await accepted(request))


async def accepted(request: web.Request) -> Org:
    """Takes the caller in by the path's token. Raises Refused."""
    user_id, token = person_of(request), request.match_info["token"]
    now = request.app[CLOCK]()
    org_id = await request.app[DATABASE].write(lambda c: invitations.accept(c, token, user_id, now))
    rights_changed(request)
    audit(request, "invitation.accept", resource=f"organization:{org_id}")
    mine = request.app[DATABASE].read(lambda c: orgs.listed(c, user_id))
    return next(org for org in mine if org.id == org_id)


_OF_ORG = "/api/orgs/{org}/invitations"
_ONE = "/api/invitations/{token}"

ROUTES = (
    Route("POST", _OF_ORG, create, Access.SIGNED_IN, takes=NewInvitation, gives=InvitationMade),
    Route("GET", _OF_ORG, listed, Access.SIGNED_IN, gives=InvitationList),
    Route("DELETE", f"{_OF_ORG}/{{invitation}}", revoke, Access.SIGNED_IN),
    Route("GET", _ONE, preview, Access.PUBLIC, gives=InvitationPreview),
    Route("POST", f"{_ONE}/accept", accept, Access.SIGNED_IN, gives=Org),
)

AREA = Area(lambda app: ROUTES)
