"""JSON answers, and JSON bodies read."""

from typing import TypeVar

import msgspec
from aiohttp import web

from loom.server.bodies import body_of
from loom.server.errors import Refused

T = TypeVar("T")


def json_response(value: object, status: int = 200) -> web.Response:
    """`value` as JSON."""
    body = msgspec.json.encode(value)
    return web.Response(body=body, status=status, content_type="application/json")


def see_other(path: str) -> web.Response:
    """Sends a browser to another page of ours, by GET."""
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


async def json_body(request: web.Request, kind: type[T]) -> T:
    """The request's body as `kind`. Raises Refused (400) naming what is wrong with it."""
    try:
        return msgspec.json.decode(await body_of(request), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "invalid_request", f"not a {kind.__name__}: {error}") from error


def query_of(request: web.Request, kind: type[T]) -> T:
    """The query's parameters as `kind`, a Struct. Raises Refused (400) naming what is wrong."""
    try:
        return msgspec.convert(dict(request.query), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(400, "invalid_request", f"the query: {error}") from error
