"""`GET /api/flags`: what is on for the caller."""

from collections.abc import AsyncIterator

from aiohttp import web

from loom.api.flags import FlagQuery, FlagState
from loom.server.areas import Area
from loom.server.door import principal_of
from loom.server.flags.seen import Caller, state
from loom.server.keys import BACKGROUND, CLOCK, DATABASE, FLAGS
from loom.server.responses import json_response, query_of
from loom.server.routing import Access, Route


async def seen(request: web.Request) -> web.Response:
    """What every flag is for the caller, and which kill switches are active."""
    query = query_of(request, FlagQuery)
    caller = Caller(principal_of(request), query.environment, query.session)
    return json_response(state(request.app[FLAGS], caller, request.app[CLOCK]()))


async def _loaded(app: web.Application) -> AsyncIterator[None]:
    app[FLAGS].load(app[DATABASE])
    app[BACKGROUND].spawn(app[FLAGS].keep_up(app[DATABASE]))
    yield


ROUTES = (
    Route(
        *("GET", "/api/flags", seen, Access.SIGNED_IN),
        scope="llm:use",
        gives=FlagState,
        asks=FlagQuery,
    ),
)

AREA = Area(lambda app: ROUTES, _loaded)
