"""What every answer tells browsers, and which other sites' pages may read it.

Sources: OWASP Secure Headers; Fetch Standard §3.2 (CORS).
"""

from functools import lru_cache

from aiohttp import web
from multidict import MultiMapping

from loom.server.keys import CONFIG, SCHEME
from loom.server.routing import Handler
from loom.server.standing import STANDING

_HSTS = "max-age=31536000"
_METHODS = "GET, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS = "Authorization, Content-Type, If-Match, If-None-Match, X-Loom-Org, x-api-key"
_ANSWER_HEADERS = "ETag, Retry-After, X-Request-Id"
_PREFLIGHT_SECONDS = "600"


def id_header(given: MultiMapping[str]) -> str:
    """What tells the request's id on an answer; a provider's own stays what it was."""
    return "X-Loom-Request-Id" if "X-Request-Id" in given else "X-Request-Id"


async def put_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Adds what the handler did not set itself."""
    headers = response.headers
    for name, value in STANDING.items():
        headers.setdefault(name, value)
    if _is_https(request):
        headers.setdefault("Strict-Transport-Security", _HSTS)
    if origin := _allowed_origin(request):
        headers.update(_for_origin(origin))
        headers.add("Vary", "Origin")


def standing_lines(request: web.Request) -> tuple[str, ...]:
    """The same as lines of a head, for an answer that has none of these headers itself.

    Args:
        request: as handlers see it, to whom a trusted proxy's scheme is the request's own.
    """
    origin = _allowed_origin(request) if "Origin" in request.headers else ""
    return _lines(request.scheme == "https", origin)


@lru_cache(maxsize=64)
def _lines(is_https: bool, origin: str) -> tuple[str, ...]:
    headers = {**STANDING, **({"Strict-Transport-Security": _HSTS} if is_https else {})}
    if origin:
        headers |= {**_for_origin(origin), "Vary": "Origin"}
    return tuple(f"{name}: {value}" for name, value in headers.items())


def _is_https(request: web.Request) -> bool:
    scheme: str = request.get(SCHEME, request.scheme)
    return scheme == "https"


def _allowed_origin(request: web.Request) -> str:
    """The page's origin, where the operator lets its pages read answers; else empty."""
    origin = request.headers.get("Origin")
    if origin is None or origin not in request.app[CONFIG].http.allowed_origins:
        return ""
    return origin


def _for_origin(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": _ANSWER_HEADERS,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


@web.middleware
async def answer_preflights(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tells a browser that pages of an allowed origin may call; cookies never travel so."""
    is_asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if (
        not is_asked
        or request.headers.get("Origin") not in request.app[CONFIG].http.allowed_origins
    ):
        return await handler(request)
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _REQUEST_HEADERS,
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        },
    )
