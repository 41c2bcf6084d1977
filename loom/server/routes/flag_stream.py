"""`GET /api/flags/stream`: what holds for the caller, and then what changes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import partial

from aiohttp import web
from msgspec import json

from loom.api.flags import FlagStreamQuery
from loom.api.support import SupportQuestion, SupportQuestions
from loom.server.areas import Area
from loom.server.door import principal_of, still
from loom.server.flags.listeners import SUPPORT_ASKED, Change, Listener
from loom.server.flags.seen import Caller, evaluation, state
from loom.server.keys import BACKGROUND, CLOCK, CONFIG, FLAGS, LISTENERS, THREADS
from loom.server.responses import query_of
from loom.server.routing import Access, Route

RETRY_MS = 3_000
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",
    # nginx would otherwise collect the events.
    "X-Accel-Buffering": "no",
}


async def stream(request: web.Request) -> web.StreamResponse:
    """`init` with the state, then what changes; whoever comes back begins with `init` again."""
    query = query_of(request, FlagStreamQuery)
    caller = Caller(principal_of(request), query.environment, query.session)
    out = web.StreamResponse(headers=_HEADERS)
    with suppress(TimeoutError):
        async with asyncio.timeout(query.seconds or None) as limit:
            listener = Listener(caller.principal, partial(still, request), limit)
            with request.app[LISTENERS].listening(listener):
                await out.prepare(request)
                await _Stream(request.app, caller, listener, out).run()
    await _end(request, out)
    return out


async def _end(request: web.Request, out: web.StreamResponse) -> None:
    """Ends the answer; a client that does not read what it was sent is cut off, not waited for."""
    transport = request.transport
    if transport is not None and transport.get_write_buffer_size():
        transport.abort()
        return
    await out.prepare(request)
    await out.write_eof()


class _Stream:
    """One client's."""

    def __init__(
        self, app: web.Application, caller: Caller, listener: Listener, out: web.StreamResponse
    ) -> None:
        self._app = app
        self._caller = caller
        self._listener = listener
        self._out = out

    async def run(self) -> None:
        """Until the listener is let go, or leaves."""
        begun = state(self._app[FLAGS], self._caller, self._app[CLOCK]())
        await self._out.write(b"retry: %d\n" % RETRY_MS + _event("init", begun))
        if questions := await self._questions():
            await self._out.write(_event(SUPPORT_ASKED, SupportQuestions(questions)))
        while True:
            try:
                async with asyncio.timeout(self._app[LISTENERS].heartbeat):
                    change = await self._listener.changes.get()
            except TimeoutError:
                await self._out.write(_event("heartbeat", {}))
                continue
            if change.org in ("", self._caller.principal.org_id):
                await self._out.write(_event(change.kind, await self._told(change)))

    async def _told(self, change: Change) -> object:
        if change.kind == SUPPORT_ASKED:
            return SupportQuestions(await self._questions())
        if change.kind.startswith("killswitch."):
            return self._app[FLAGS].tier(change.org)[1][change.key]
        return evaluation(self._app[FLAGS], self._caller, change.key, self._app[CLOCK]())

    async def _questions(self) -> tuple[SupportQuestion, ...]:
        """Which of the person's threads the support waits to read."""
        person = self._listener.person
        if not person or THREADS not in self._app:
            return ()
        # A team's server alone has threads; the one in the app does not wait for their SQL.
        from loom.server.threads.support import questions

        return await self._app[THREADS].read_apart(lambda c: questions(c, person))


def _event(name: str, value: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), json.encode(value))


async def _let_go(app: web.Application) -> None:
    app[LISTENERS].close()


def _routes(app: web.Application) -> Iterator[Route]:
    app.on_shutdown.append(_let_go)
    yield from ROUTES


async def _watched(app: web.Application) -> AsyncIterator[None]:
    # Nobody is signed out of the server inside the app.
    if app[CONFIG].is_team:
        app[BACKGROUND].spawn(app[LISTENERS].watch())
    yield


ROUTES = (
    Route(
        *("GET", "/api/flags/stream", stream, Access.SIGNED_IN),
        scope="llm:use",
        asks=FlagStreamQuery,
    ),
)

AREA = Area(_routes, _watched)
