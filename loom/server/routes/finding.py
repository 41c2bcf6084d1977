"""What paths name, looked up first and decided then: a hidden thing takes as long as a missing one.

`{org}` is a slug or an id, `{user}` an id or `me`.
"""

from dataclasses import replace

from aiohttp import web

from loom.server import orgs
from loom.server.access import Action, Resource, not_there, require
from loom.server.door import principal_of
from loom.server.errors import Refused
from loom.server.keys import AUTHENTICATOR, DATABASE
from loom.server.orgs import Found


def org_for(request: web.Request, action: Action) -> Found:
    """The path's organization, if the caller may do `action` to it. Raises Refused."""
    asked = request.match_info["org"]
    org = _asked_org(request, action)
    require(principal_of(request), action, org_resource(org, asked))
    return org


def inside_org(request: web.Request) -> Found:
    """The path's organization, if the caller may see what is in it. Raises Refused.

    That is for its members alone, also where everybody may see that it is there.
    """
    asked, org = request.match_info["org"], _asked_org(request, "read")
    hidden = replace(org_resource(org, asked), visibility="private")
    require(principal_of(request), "read", hidden)
    return org


def _asked_org(request: web.Request, action: Action) -> Found:
    asked = request.match_info["org"]
    org = request.app[DATABASE].read(lambda connection: orgs.find(connection, asked))
    if org is None:
        raise not_there(Resource("organization", asked=asked), action)
    return org


def org_resource(org: Found, asked: str = "") -> Resource:
    """An organization as what is decided about."""
    return Resource(
        "organization", org.id, org_id=org.id, visibility=org.visibility, asked=asked or org.slug
    )


def person_of(request: web.Request) -> str:
    """The caller's user id. Raises Refused (403) for the operator, who has no account."""
    user_id = principal_of(request).user_id
    if not user_id:
        hint = "Sign in as a person: loom login"
        raise Refused(403, "forbidden", "the server's own token is no person's", hint)
    return user_id


def member_of(request: web.Request, org: Found) -> str:
    """The caller's user id, who is in `org`. Raises Refused (403): an admin from outside."""
    user_id = person_of(request)
    if org.id not in principal_of(request).org_roles:
        raise Refused(403, "forbidden", f"only who is in {org.slug} does this")
    return user_id


def user_in(request: web.Request) -> str:
    """The user id that the path names."""
    asked = request.match_info["user"]
    return person_of(request) if asked == "me" else asked


def rights_changed(request: web.Request) -> None:
    """From the next request on, everybody has the rights that are written down now."""
    request.app[AUTHENTICATOR].forget()
