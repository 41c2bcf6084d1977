"""Short ways to handlers: what aiohttp finds out about each request, found out once.

A path without names in it, or with a provider's alone, leads to one handler, through the same
middlewares, whoever asks. aiohttp looks for it and joins them anew every time, which costs as much
as parsing a provider's answer does.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from aiohttp import web
from aiohttp.web_urldispatcher import UrlMappingMatchInfo

from loom.server.keys import PROVIDERS
from loom.server.routing import ROUTES, Handler

_PROVIDER = "{provider}"
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
        providers = [*app[PROVIDERS]]
        self._ways = {
            (route.method, path): _way(app, route, found)
            for route, row in app[ROUTES].items()
            if row.scope == "llm:use"
            for path, found in _paths(row.path, providers)
        }

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer of whoever is there."""
        way = self._ways.get((request.method, request.rel_url.raw_path))
        if way is None or "Expect" in request.headers or not isinstance(request, web.Request):
            return await self._usual(request)
        request._match_info = way.match_info
        return await way.handler(request)


def _paths(path: str, providers: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The paths that a row stands for, with what is found in each; none if they are countless."""
    if "{" not in path:
        yield path, {}
    elif path.count("{") == 1 and _PROVIDER in path:
        yield from ((path.replace(_PROVIDER, name), {"provider": name}) for name in providers)


def _way(app: web.Application, route: web.AbstractRoute, found: dict[str, str]) -> _Way:
    match_info = UrlMappingMatchInfo(found, route)
    match_info.add_app(app)
    match_info.freeze()
    handler: Handler = route.handler
    for middleware in reversed(app.middlewares):
        handler = partial(middleware, handler=handler)
    return _Way(match_info, handler)
