"""`/api/threads`: the caller's threads and those that are shared with them."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from functools import wraps
from typing import TypeVar

from aiohttp import web

from loom.api.health import Component
from loom.api.threads import (
    ListQuery,
    MissingAttachments,
    ReadQuery,
    ThreadConflict,
    ThreadHits,
    ThreadInfo,
    ThreadList,
    ThreadPatch,
    ThreadRead,
    ThreadSearchQuery,
    ThreadWrite,
)
from loom.server import orgs
from loom.server.access import Action, Resource, authorize, not_there, require
from loom.server.areas import Area
from loom.server.bodies import body_of
from loom.server.chosen_org import org_of
from loom.server.door import audit, principal_of
from loom.server.keys import CLOCK, COMPONENTS, CONFIG, DATABASE, STORAGE, THREADS
from loom.server.memberships import is_in, org_of_team
from loom.server.principal import Scope
from loom.server.responses import json_body, json_response, query_of
from loom.server.room import room
from loom.server.routes.finding import person_of
from loom.server.routing import Access, Handler, Route
from loom.server.serving import serving
from loom.server.threads import lists, reads, writes
from loom.server.threads.eraser import Eraser
from loom.server.threads.held import Held, require_thread
from loom.server.threads.images import Unsent
from loom.server.threads.preconditions import Stale, precondition_of
from loom.server.threads.preparing import prepared
from loom.server.threads.writes import Stamp
from loom.threads.store import ThreadStore

T = TypeVar("T")
LARGE = 64 * 1024
"""Bytes of a body from which a worker reads it, so that streams go on meanwhile."""


async def listed(request: web.Request) -> web.Response:
    """Threads, last activity first; with `since`, what changed of the caller's own."""
    asked, principal = query_of(request, ListQuery), principal_of(request)
    question = lists.page if asked.since is None else lists.changes
    store = request.app[THREADS]
    return json_response(await store.read_apart(lambda c: question(c, principal, asked)))


async def found(request: web.Request) -> web.Response:
    """Threads that hold every word, best first."""
    asked, principal = query_of(request, ThreadSearchQuery), principal_of(request)
    hits = await request.app[THREADS].read_apart(lambda c: lists.found(c, principal, asked))
    return json_response(hits)


async def one(request: web.Request) -> web.Response:
    """A thread with the entries that the caller does not have; 304 where nothing is new."""
    asked, store, name = query_of(request, ReadQuery), request.app[THREADS], _id(request)
    principal = principal_of(request)
    action: Action = "write" if asked.deleted else "read"
    now = request.app[CLOCK]()
    held = store.read(lambda c: require_thread(c, principal, action, name, now))
    if not authorize(principal, action, held.resource):
        audit(request, "thread.support_read", resource=f"thread:{name}")
    if request.headers.get("If-None-Match", "").strip() == _quoted(held.info):
        return _tagged(web.Response(status=304), held.info)
    found = await store.read_apart(lambda c: reads.read(c, held, asked))
    return _tagged(json_response(found), held.info)


async def put(request: web.Request) -> web.Response:
    """Makes a thread, or writes what is new in it."""
    principal, owner, org_id = principal_of(request), person_of(request), org_of(request)
    given, stamp = precondition_of(request), _stamp(request, org_id)
    body = await body_of(request)
    new = await _aside(len(body), lambda: prepared(_id(request), body, stamp.now_ms))
    if new.visibility == "team":
        _require_team(request, new.team_id, org_id)
    held = await Eraser(request.app[THREADS]).with_room(
        lambda c: writes.put(c, principal, new, given, stamp),
        stamp.now_ms,
        lambda count: audit(request, "threads.erase", threads=count),
    )
    is_new = held.info.version == 1
    if is_new:
        audit(request, "thread.create", resource=f"thread:{held.info.id}", owner=owner)
    return _answer(held, 201 if is_new else 200)


async def patch(request: web.Request) -> web.Response:
    """Changes the head line alone."""
    principal, name = principal_of(request), _id(request)
    given, asked = precondition_of(request), await json_body(request, ThreadPatch)
    store, org_id = request.app[THREADS], ""
    if asked.org or asked.visibility == "team":
        held = store.read(lambda c: require_thread(c, principal, "write", name))
        org_id = _org_of_owner(request, held, asked.org) if asked.org else ""
    if asked.visibility == "team":
        _require_team(request, asked.team_id or "", org_id or held.info.org_id)
    stamp = _stamp(request, org_id)
    held = await store.writer.run(lambda c: writes.patch(c, principal, name, asked, given, stamp))
    if asked.org or asked.visibility:
        shown = held.info.visibility
        audit(request, "thread.share", resource=f"thread:{name}", visibility=shown, org=org_id)
    return _answer(held)


async def delete(request: web.Request) -> web.Response:
    """Hides a thread; writing to it again brings it back."""
    principal, name = principal_of(request), _id(request)
    given, stamp = precondition_of(request), _stamp(request)
    held = await request.app[THREADS].writer.run(
        lambda c: writes.delete(c, principal, name, given, stamp)
    )
    audit(request, "thread.delete", resource=f"thread:{name}")
    return _tagged(web.Response(status=204), held.info)


def _id(request: web.Request) -> str:
    return request.match_info["thread"]


def _stamp(request: web.Request, org_id: str = "") -> Stamp:
    room = request.app[STORAGE].settings.max_bytes_per_user
    return Stamp(request.app[CLOCK](), os.urandom(8).hex(), org_id, room)


def _org_of_owner(request: web.Request, held: Held, asked: str) -> str:
    """The organization's id. Raises Denied when the caller does not share, or the owner is not in.

    A thread goes where its owner is a member, whoever says so.
    """
    require(principal_of(request), "share", held.resource)
    database, owner = request.app[DATABASE], held.info.owner_id
    org = database.read(lambda c: orgs.find(c, asked))
    if org is None or not database.read(lambda c: is_in(c, owner, org.id)):
        raise not_there(Resource("organization", asked=asked), "use")
    return org.id


def _require_team(request: web.Request, team_id: str, org_id: str) -> None:
    """Raises Denied when the team is not one of the organization's that the caller knows."""
    of_team = request.app[DATABASE].read(lambda c: org_of_team(c, team_id))
    team = Resource("team", team_id, org_id=of_team)
    if not of_team or of_team != org_id:
        raise not_there(team)
    require(principal_of(request), "read", team)


async def _aside(size: int, work: Callable[[], T]) -> T:
    return work() if size < LARGE else await asyncio.to_thread(work)


def _answer(held: Held, status: int = 200) -> web.Response:
    return _tagged(json_response(held.info, status), held.info)


def _tagged(response: web.Response, info: ThreadInfo) -> web.Response:
    response.headers["ETag"] = _quoted(info)
    return response


def _quoted(info: ThreadInfo) -> str:
    return f'"{info.etag}"'


def telling(handler: Handler) -> Handler:
    """The handler, its refusals of a write told with what the writer needs to mend it."""

    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Stale as stale:
            told = (stale.info.version, stale.client_version, stale.info.etag)
            body = ThreadConflict(stale.code, stale.message, *told, stale.hint)
            return _tagged(json_response(body, stale.status), stale.info)
        except Unsent as unsent:
            refusal = MissingAttachments(unsent.code, unsent.message, unsent.missing, unsent.hint)
            return json_response(refusal, unsent.status)

    return handle


async def opens(app: web.Application) -> AsyncIterator[None]:
    """The store is there for as long as the application."""
    path = app[CONFIG].threads_file
    with serving(path):
        async with await asyncio.to_thread(ThreadStore.open, path, app[CLOCK]) as store:
            app[THREADS] = store
            app[COMPONENTS]["threads"] = lambda: _health(store)
            app[COMPONENTS]["disk"] = lambda: room(path.parent)
            yield


def _health(store: ThreadStore) -> Component:
    start = time.perf_counter()
    store.read(lambda connection: connection.execute("SELECT 1").fetchone())
    return Component("healthy", latency_ms=round((time.perf_counter() - start) * 1000, 3))


_ALL, _ONE = "/api/threads", "/api/threads/{thread}"
_READ: Scope = "threads:read"
_WRITE: Scope = "threads:write"

ROUTES = (
    Route("GET", _ALL, listed, Access.SIGNED_IN, scope=_READ, gives=ThreadList, asks=ListQuery),
    Route(
        "GET",
        f"{_ALL}/search",
        found,
        Access.SIGNED_IN,
        scope=_READ,
        gives=ThreadHits,
        asks=ThreadSearchQuery,
    ),
    Route("GET", _ONE, one, Access.SIGNED_IN, scope=_READ, gives=ThreadRead, asks=ReadQuery),
    Route(
        "PUT",
        _ONE,
        telling(put),
        Access.SIGNED_IN,
        scope=_WRITE,
        takes=ThreadWrite,
        gives=ThreadInfo,
    ),
    Route(
        "PATCH",
        _ONE,
        telling(patch),
        Access.SIGNED_IN,
        scope=_WRITE,
        takes=ThreadPatch,
        gives=ThreadInfo,
    ),
    Route("DELETE", _ONE, telling(delete), Access.SIGNED_IN, scope="threads:delete"),
)

AREA = Area(lambda app: ROUTES, opens)
