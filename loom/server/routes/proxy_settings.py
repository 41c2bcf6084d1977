"""`/api/orgs/{org}/proxy` and `/requests`: models that are allowed, requests that are kept."""

from collections.abc import Iterable

from aiohttp import web

from loom.api import proxy_settings as wire
from loom.api.times import rfc3339
from loom.server import kept_requests, proxy_policies
from loom.server.access import Resource, not_there
from loom.server.areas import Area
from loom.server.door import audit, principal_of
from loom.server.errors import Refused
from loom.server.jobs.job import DAY, Job
from loom.server.keys import BOOKS, CLOCK, DATABASE
from loom.server.orgs import Found
from loom.server.proxy_policies import ProxyPolicy
from loom.server.responses import json_body, json_response, query_of
from loom.server.routes.finding import inside_org, org_for
from loom.server.routing import Access, Route


async def settings(request: web.Request) -> web.Response:
    """What holds, for the organization's members."""
    policy = request.app[BOOKS].policies.of(inside_org(request).id)
    return json_response(wire.ProxySettings(policy.models, policy.keep_days))


async def put_settings(request: web.Request) -> web.Response:
    """Says what holds from the next request on."""
    org, asked = org_for(request, "manage"), await json_body(request, wire.ProxySettings)
    user, now = principal_of(request).user_id, request.app[CLOCK]()
    policy = ProxyPolicy(asked.models, asked.keep_days)
    await request.app[DATABASE].write(lambda c: proxy_policies.put(c, org.id, policy, user, now))
    await request.app[BOOKS].load()
    models = "all" if asked.models is None else ", ".join(asked.models)
    resource, days = f"organization:{org.id}", asked.keep_days
    audit(request, "org.proxy", resource=resource, models=models[:500], keep_days=days)
    return json_response(asked)


async def kept(request: web.Request) -> web.Response:
    """What is kept, without bodies."""
    org, query = _own_org(request), query_of(request, wire.KeptQuery)
    now = request.app[CLOCK]()
    rows = request.app[DATABASE].read(
        lambda c: kept_requests.listed(c, org.id, now, query.limit, query.before)
    )
    return json_response(
        wire.KeptRequests(
            tuple(
                wire.KeptRequest(*row[:5], rfc3339(row.at), rfc3339(row.expires_at), row.size)
                for row in rows
            )
        )
    )


async def kept_body(request: web.Request) -> web.Response:
    """One request's body; that it was read is audited."""
    org, kept_id, now = _own_org(request), request.match_info["kept"], request.app[CLOCK]()
    body = request.app[DATABASE].read(lambda c: kept_requests.body(c, org.id, kept_id, now))
    if body is None:
        raise Refused(404, "not_found", f"there is no request {kept_id}")
    audit(request, "request.read", resource=f"request:{kept_id}")
    return json_response(wire.KeptBody(kept_id, body))


async def delete_kept(request: web.Request) -> web.Response:
    """Deletes one, or all of the organization's."""
    org, kept_id = _own_org(request), request.match_info.get("kept", "")
    count = await request.app[DATABASE].write(lambda c: kept_requests.remove(c, org.id, kept_id))
    audit(request, "request.delete", resource=f"organization:{org.id}", count=count)
    return json_response(wire.DeletedRequests(count))


def _own_org(request: web.Request) -> Found:
    """The path's organization, for its own admins: what people said is not the server's."""
    org = org_for(request, "manage")
    if principal_of(request).org_roles.get(org.id) not in ("owner", "admin"):
        raise not_there(Resource("organization", asked=request.match_info["org"]), "manage")
    return org


def _jobs(app: web.Application) -> Iterable[Job]:
    async def expire() -> str:
        now = app[CLOCK]()
        count = await app[DATABASE].write(lambda c: kept_requests.drop_expired(c, now))
        return f"{count} kept requests deleted"

    yield Job("requests.expired", "delete kept requests whose time is over", DAY, expire)


_ORG = "/api/orgs/{org}"

ROUTES = (
    Route("GET", _ORG + "/proxy", settings, Access.SIGNED_IN, gives=wire.ProxySettings),
    Route(
        "PUT",
        _ORG + "/proxy",
        put_settings,
        Access.SIGNED_IN,
        takes=wire.ProxySettings,
        gives=wire.ProxySettings,
    ),
    Route(
        "GET",
        _ORG + "/requests",
        kept,
        Access.SIGNED_IN,
        gives=wire.KeptRequests,
        asks=wire.KeptQuery,
    ),
    Route("GET", _ORG + "/requests/{kept}", kept_body, Access.SIGNED_IN, gives=wire.KeptBody),
    Route("DELETE", _ORG + "/requests", delete_kept, Access.SIGNED_IN, gives=wire.DeletedRequests),
    Route(
        "DELETE",
        _ORG + "/requests/{kept}",
        delete_kept,
        Access.SIGNED_IN,
        gives=wire.DeletedRequests,
    ),
)

AREA = Area(lambda app: ROUTES, jobs=_jobs)
