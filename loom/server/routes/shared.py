"""A shared thread, for whoever has its link."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from loom.api.shares import SharedQuery, SharedThread
from loom.server.access import Denied
from loom.server.areas import Area
from loom.server.door import audit
from loom.server.keys import CLOCK, DATABASE, REDACTOR, THREADS
from loom.server.login.limits import require_rate
from loom.server.memberships import is_in
from loom.server.rate_limits import Rate
from loom.server.responses import json_response, query_of
from loom.server.routing import Access, Route
from loom.server.sharing.window import part
from loom.server.threads import links
from loom.server.threads.held import Held
from loom.server.uncut import uncut

WRONG = Rate("wrong_shares", 20, 10.0)
"""By client."""

AT_ONCE = 2
"""Pages and parts made at a time: whoever has a link may ask for many."""

_MAKING = web.AppKey("pages_being_made", asyncio.Semaphore)

PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Headers of whatever has a link's address or shows what is behind it."""


async def as_json(request: web.Request) -> web.Response:
    """A part of the conversation."""
    asked = query_of(request, SharedQuery)
    require_link(request)
    async with request.app[_MAKING]:
        response = json_response(await uncut(part_of(request, asked.after)))
    response.headers.update(PRIVATE)
    return response


async def as_page(request: web.Request) -> web.Response:
    """The same, to be read by people."""
    # Markdown takes megabytes, and a server may never be asked for a page.
    from loom.server.pages.shared_thread import content_of, shared_page

    asked = query_of(request, SharedQuery)
    redact = request.app[REDACTOR].redact
    require_link(request)
    async with request.app[_MAKING]:
        part = await uncut(part_of(request, asked.after))
        content = await uncut(asyncio.to_thread(content_of, part, asked.after, redact))
    response = shared_page(request, part.title, content)
    response.headers.update(PRIVATE)
    return response


def require_link(request: web.Request) -> None:
    """Lets through who has a right link.

    Raises:
        Denied: whatever is wrong with it (404).
        Refused: the client has tried too many that were (429).
    """
    try:
        held = _of_a_member(request)
    except Denied:
        # Whoever has a right link never meets the limit.
        require_rate(request, WRONG)
        raise
    audit(request, "access.shared", resource=f"thread:{held.info.id}")


def _of_a_member(request: web.Request) -> Held:
    thread_id, token = request.match_info["thread"], request.match_info["token"]
    now = request.app[CLOCK]()
    held = request.app[THREADS].read(lambda c: links.opened(c, thread_id, token, now))
    owner, org = held.info.owner_id, held.info.org_id
    if not request.app[DATABASE].read(lambda c: is_in(c, owner, org)):
        raise links.not_shown()
    return held


async def part_of(request: web.Request, after: int) -> SharedThread:
    """What follows the first `after` entries, read by a worker.

    Raises:
        Denied: the link was revoked while others' pages were made.
    """
    held, redact = _of_a_member(request), request.app[REDACTOR].redact
    return await request.app[THREADS].read_apart(lambda c: part(c, held, after, redact))


async def _opens(app: web.Application) -> AsyncIterator[None]:
    app[_MAKING] = asyncio.Semaphore(AT_ONCE)
    yield


ROUTES = (
    Route("GET", "/shared/{thread}/{token}", as_page, Access.PUBLIC),
    Route(
        "GET",
        "/api/threads/{thread}/share/{token}",
        as_json,
        Access.PUBLIC,
        gives=SharedThread,
        asks=SharedQuery,
    ),
)

AREA = Area(lambda app: ROUTES, _opens)
