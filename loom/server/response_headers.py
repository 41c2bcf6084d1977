"""What every answer tells browsers, and which other sites' pages may read it.

Sources: OWASP Secure Headers; Fetch Standard §3.2 (CORS).
"""

from aiohttp import web

from loom.server.keys import CONFIG, SCHEME
from loom.server.routing import Handler

# An answer that is no page of ours runs nothing, loads nothing and is framed by nobody.
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_HSTS = "max-age=31536000"
_METHODS = "GET, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS = "Authorization, Content-Type, If-Match, If-None-Match, X-Loom-Org, x-api-key"
_ANSWER_HEADERS = "ETag, Retry-After, X-Request-Id"
_PREFLIGHT_SECONDS = "600"


async def put_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Adds what the handler did not set itself."""
    headers = response.headers
    for name, value in _ALWAYS:
        headers.setdefault(name, value)
    if request.get(SCHEME, request.scheme) == "https":
        headers.setdefault("Strict-Transport-Security", _HSTS)
    origin = request.headers.get("Origin")
    if origin is not None and origin in request.app[CONFIG].http.allowed_origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = _ANSWER_HEADERS
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        headers.add("Vary", "Origin")


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
