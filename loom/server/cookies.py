"""Cookies of this host alone.

Where they are Secure their names begin with `__Host-`: browsers take such a cookie from this very
host and nobody else (RFC 6265bis §4.1.3.2). Without it another host of the same domain could plant
one, and sign somebody in to an account of its own. On this machine, without TLS, browsers would
refuse the prefix, and the names go without.
"""

from aiohttp import web

from loom.server.own_origin import is_secure_only


def shown(request: web.Request, name: str) -> str:
    """What the browser shows of this cookie; empty where it shows none."""
    return request.cookies.get(_full(request, name), "") if "Cookie" in request.headers else ""


def put(
    request: web.Request,
    response: web.StreamResponse,
    name: str,
    value: str,
    seconds: int | None = None,
) -> None:
    """A cookie that no script reads and no other site's form brings (SameSite=Lax)."""
    response.set_cookie(
        _full(request, name),
        value,
        max_age=seconds,
        httponly=True,
        samesite="Lax",
        secure=is_secure_only(request),
    )


def drop(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """The browser forgets it."""
    response.del_cookie(
        _full(request, name), httponly=True, samesite="Lax", secure=is_secure_only(request)
    )


def _full(request: web.Request, name: str) -> str:
    return f"__Host-{name}" if is_secure_only(request) else name
