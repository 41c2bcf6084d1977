"""Short ways to handlers: what aiohttp finds out about each request, found out once.

A path without names in it leads to one handler, through the same middlewares, whoever asks. aiohttp
looks for it and joins them anew every time, which costs as much as a provider's answer does to
parse.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from aiohttp import web
from aiohttp.web_urldispatcher import UrlMappingMatchInfo

from loom.server.routing import ROUTES, Handler

Serve = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class _Way(NamedTuple):
    match_info: UrlMappingMatchInfo
    handler: Handler


class Shortcuts:
    """Serves an application's requests to models at once, and leaves all others to `usual`.

    Args:
        app: frozen.
        usual: aiohttp's own way.
    """

    def __init__(self, app: web.Application, usual: Serve) -> None:
        self._usual = usual
        self._ways = {
            (route.method, row.path): _way(app, route)
            for route, row in app[ROUTES].items()
            if row.scope == "llm:use" and "{" not in row.path
        }

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer of whoever is there."""
        way = self._ways.get((request.method, request.rel_url.raw_path))
        if way is None or "Expect" in request.headers or not isinstance(request, web.Request):
            return await self._usual(request)
        request._match_info = way.match_info
        return await way.handler(request)


def _way(app: web.Application, route: web.AbstractRoute) -> _Way:
    found = UrlMappingMatchInfo({}, route)
    found.add_app(app)
    found.freeze()
    handler: Handler = route.handler
    for middleware in reversed(app.middlewares):
        handler = partial(middleware, handler=handler)
    return _Way(found, handler)
