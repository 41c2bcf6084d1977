"""`/api/admin/audit` and `/api/orgs/{org}/audit`: the audit log is read, which it notes itself."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web
from msgspec import to_builtins
from msgspec.structs import replace

from loom.api.audit import AuditHead, AuditPage, AuditQuery
from loom.server.areas import Area
from loom.server.audit import people, search, store
from loom.server.audit.chain import Link, Mark
from loom.server.audit.export import exported
from loom.server.door import audit, principal_of
from loom.server.keys import AUDIT, DATABASE
from loom.server.principal import GlobalRole
from loom.server.responses import json_response, query_of
from loom.server.routes.finding import org_for
from loom.server.routing import Access, Route

READERS: frozenset[GlobalRole] = frozenset({"system_admin", "auditor"})
EXPORT_PAGE = 1_000
NOBODY = "nobody"
"""An id that nobody has."""


async def lines(request: web.Request) -> web.Response:
    """Lines of the whole server, newest first."""
    return await _answer(request, query_of(request, AuditQuery))


async def lines_of_org(request: web.Request) -> web.Response:
    """Lines of one organization, for those who manage it."""
    org = org_for(request, "manage")
    return await _answer(request, replace(query_of(request, AuditQuery), org=org.id))


async def head(request: web.Request) -> web.Response:
    """The chain's end."""
    await request.app[AUDIT].settled()
    mark = request.app[DATABASE].read(lambda c: store.mark(c, "head"))
    anchor = f"{mark.seq}:{mark.hash.hex()}" if mark else ""
    is_keyed = bool(request.app[AUDIT].seal.key_id)
    state = request.app[AUDIT].state
    return json_response(AuditHead(anchor, is_keyed, state.waiting, state.dropped, state.error))


async def export(request: web.Request) -> web.StreamResponse:
    """The whole chain as JSONL, oldest line first, with the marks of both ends."""
    audit(request, "audit.export")
    await request.app[AUDIT].settled()
    out = web.StreamResponse(
        headers={
            "Content-Type": "application/x-ndjson",
            "Content-Disposition": 'attachment; filename="loom-audit.jsonl"',
        }
    )
    await out.prepare(request)
    async for part in _parts(request):
        await out.write(b"".join(map(exported, part)))
    await out.write_eof()
    return out


async def _answer(request: web.Request, query: AuditQuery) -> web.Response:
    query = await _by_id(request, query)
    sql, parameters = search.page_of(query)
    await request.app[AUDIT].settled()
    rows = await request.app[DATABASE].query(sql, parameters)
    asked = " ".join(f"{name}={value}" for name, value in to_builtins(query).items())
    audit(request, "audit.read", asked=asked)
    page = search.page(rows, query)
    found = await request.app[DATABASE].query(*people.named_in(page.entries))
    return json_response(replace(page, people=people.addresses(found, principal_of(request))))


async def _by_id(request: web.Request, query: AuditQuery) -> AuditQuery:
    """An address is of use to find somebody; what is asked is noted, and notes keep ids."""
    if "@" not in query.actor:
        return query
    rows = await request.app[DATABASE].query(*people.with_address(query.actor))
    known = people.addresses(rows, principal_of(request))
    return replace(query, actor=next(iter(known), NOBODY))


async def _parts(request: web.Request) -> AsyncIterator[list[Link | Mark]]:
    """The start, the lines up to the head as it was, the head."""
    database = request.app[DATABASE]
    start, head = database.read(lambda c: (store.mark(c, "start"), store.mark(c, "head")))
    if start is None or head is None:
        return
    yield [start]
    after = start.seq
    while after < head.seq:
        most = min(EXPORT_PAGE, head.seq - after)
        part: list[Link | Mark] = []
        part.extend(database.read(lambda c, a=after, m=most: store.links(c, a, m)))  # type: ignore[misc]
        if not part:
            break
        after = part[-1].seq
        yield part
        # Other requests have their turn.
        await asyncio.sleep(0)
    yield [head]


ROUTES = (
    Route(
        *("GET", "/api/admin/audit", lines, Access.ADMIN),
        roles=READERS,
        gives=AuditPage,
        asks=AuditQuery,
    ),
    Route("GET", "/api/admin/audit/export", export, Access.ADMIN, roles=READERS),
    Route("GET", "/api/admin/audit/head", head, Access.ADMIN, roles=READERS, gives=AuditHead),
    Route(
        *("GET", "/api/orgs/{org}/audit", lines_of_org, Access.SIGNED_IN),
        gives=AuditPage,
        asks=AuditQuery,
    ),
)

AREA = Area(lambda app: ROUTES)
