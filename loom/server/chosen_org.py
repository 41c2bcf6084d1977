"""Which organization owns and pays for what a request makes."""

from aiohttp import web

from loom.server import orgs
from loom.server.access import Resource, not_there
from loom.server.caller import principal_of
from loom.server.keys import DATABASE

HEADER = "X-Loom-Org"
"""The organization's slug or id."""


def org_of(request: web.Request) -> str:
    """The id of the organization that the header names, else the caller's own choice.

    That is the default organization, or the personal one; an API key has its own alone. Empty for
    the operator who names none.

    Raises:
        Refused: the caller is not in the organization that the header names (404).
    """
    principal = principal_of(request)
    asked = request.headers.get(HEADER, "")
    if not asked:
        return principal.org_id
    org = request.app[DATABASE].read(lambda connection: orgs.find(connection, asked))
    # An admin may look everywhere, but lets nobody pay who has not taken them in.
    if org is None or not (principal.is_operator or org.id in principal.org_roles):
        raise not_there(Resource("organization", asked=asked), "use")
    return org.id
