"""`GET /api/flags/stream`: what holds for the caller, and then what changes."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from aiohttp import web
from msgspec import json

from loom.api.flags import FlagStreamQuery
from loom.api.support import SupportQuestion, SupportQuestions
from loom.server.areas import Area
from loom.server.door import principal_of
from loom.server.flags.listeners import SUPPORT_ASKED, Change, Listener
from loom.server.flags.seen import Caller, evaluation, state
from loom.server.keys import CLOCK, FLAGS, LISTENERS, THREADS
from loom.server.principal import Principal, PrincipalKind
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
    person = _person(caller.principal)
    with request.app[LISTENERS].listening(person) as listener, suppress(TimeoutError):
        await out.prepare(request)
        async with asyncio.timeout(query.seconds or None):
            await _Stream(request.app, caller, listener, out).run()
    await out.write_eof()
    return out


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
        """Until the server lets the client go, or it leaves."""
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
            if change is None:
                return
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
        person = self._listener.user
        if not person or THREADS not in self._app:
            return ()
        # A team's server alone has threads; the one in the app does not wait for their SQL.
        from loom.server.threads.support import questions

        return await self._app[THREADS].read_apart(lambda c: questions(c, person))


def _person(principal: Principal) -> str:
    """Whose client it is; "" for keys and the operator, and for admins in somebody's place."""
    is_person = principal.kind is PrincipalKind.USER and not principal.is_impersonating
    return principal.user_id if is_person else ""


def _event(name: str, value: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), json.encode(value))


async def _let_go(app: web.Application) -> None:
    app[LISTENERS].close()


def _routes(app: web.Application) -> Iterator[Route]:
    app.on_shutdown.append(_let_go)
    yield from ROUTES


ROUTES = (
    Route(
        *("GET", "/api/flags/stream", stream, Access.SIGNED_IN),
        scope="llm:use",
        asks=FlagStreamQuery,
    ),
)

AREA = Area(_routes)
