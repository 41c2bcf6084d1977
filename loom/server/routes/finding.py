"""What paths name, looked up first and decided then: a hidden thing takes as long as a missing one.

`{org}` is a slug or an id, `{user}` an id or `me`.
"""

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
    org = request.app[DATABASE].read(lambda connection: orgs.find(connection, asked))
    if org is None:
        raise not_there(Resource("organization", asked=asked), action)
    require(principal_of(request), action, org_resource(org, asked))
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


def user_in(request: web.Request) -> str:
    """The user id that the path names."""
    asked = request.match_info["user"]
    return person_of(request) if asked == "me" else asked


def rights_changed(request: web.Request) -> None:
    """From the next request on, everybody has the rights that are written down now."""
    request.app[AUTHENTICATOR].forget()
