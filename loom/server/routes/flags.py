"""`/api/flags`: what is on for the caller, and as it changes; flags and kill switches of a tier."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

from aiohttp import web
from msgspec import json

from loom.api.flags import Evaluation, FlagQuery, FlagState, FlagStreamQuery
from loom.server.areas import Area
from loom.server.door import principal_of
from loom.server.flags.evaluate import Context, evaluate
from loom.server.flags.switchboard import Change, Listener
from loom.server.keys import CLOCK, DATABASE, FLAGS
from loom.server.responses import json_response, query_of
from loom.server.routing import Access, Route

HEARTBEAT = 30.0
RETRY_MS = 3_000
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",
    # nginx would otherwise collect the events.
    "X-Accel-Buffering": "no",
}


async def state(request: web.Request) -> web.Response:
    """What every flag is for the caller, and which kill switches are active."""
    return json_response(_state(request, query_of(request, FlagQuery)))


async def stream(request: web.Request) -> web.StreamResponse:
    """`init` with the state, then what changes; whoever comes back begins with `init` again."""
    query = query_of(request, FlagStreamQuery)
    out = web.StreamResponse(headers=_HEADERS)
    with request.app[FLAGS].listening() as listener, suppress(TimeoutError):
        await out.prepare(request)
        asked = FlagQuery(query.environment, query.session)
        await out.write(b"retry: %d\n" % RETRY_MS + _event("init", _state(request, asked)))
        async with asyncio.timeout(query.seconds or None):
            await _pass_on(request, asked, listener, out)
    await out.write_eof()
    return out


async def _pass_on(
    request: web.Request, query: FlagQuery, listener: Listener, out: web.StreamResponse
) -> None:
    org = principal_of(request).org_id
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT):
                change = await listener.changes.get()
        except TimeoutError:
            await out.write(_event("heartbeat", {}))
            continue
        if change is None:
            return
        if change.org in ("", org):
            await out.write(_event(change.kind, _changed(request, query, change)))


def _state(request: web.Request, query: FlagQuery) -> FlagState:
    flags, active = request.app[FLAGS].seen_by(principal_of(request).org_id)
    found = (_evaluated(request, query, key) for key, flag in flags.items() if not flag.is_archived)
    return FlagState(tuple(found), active)


def _evaluated(request: web.Request, query: FlagQuery, key: str) -> Evaluation:
    principal = principal_of(request)
    flags, active = request.app[FLAGS].seen_by(principal.org_id)
    killed = frozenset(each for switch in active for each in (switch.key, *switch.flags))
    known = {
        "user": principal.user_id,
        "org": principal.org_id,
        "session": query.session,
        "environment": query.environment,
        "email": principal.email,
    }
    context = Context(
        query.environment,
        request.app[CLOCK](),
        {name: value for name, value in known.items() if value},
    )
    return evaluate(key, context, flags, killed)


def _changed(request: web.Request, query: FlagQuery, change: Change) -> object:
    if change.kind.startswith("killswitch."):
        return request.app[FLAGS].tier(change.org)[1][change.key]
    return _evaluated(request, query, change.key)


def _event(name: str, value: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), json.encode(value))


async def _let_go(app: web.Application) -> None:
    app[FLAGS].close()


def _routes(app: web.Application) -> Iterator[Route]:
    app.on_shutdown.append(_let_go)
    yield from ROUTES


async def _loaded(app: web.Application) -> AsyncIterator[None]:
    app[FLAGS].load(app[DATABASE])
    yield


ROUTES = (
    Route(
        *("GET", "/api/flags", state, Access.SIGNED_IN),
        scope="llm:use",
        gives=FlagState,
        asks=FlagQuery,
    ),
    Route(
        *("GET", "/api/flags/stream", stream, Access.SIGNED_IN),
        scope="llm:use",
        asks=FlagStreamQuery,
    ),
)

AREA = Area(_routes, _loaded)
