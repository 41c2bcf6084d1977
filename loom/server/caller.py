"""Who makes the request, as the door has found out."""

from aiohttp import web

from loom.server.keys import PRINCIPAL
from loom.server.principal import STRANGER, Principal


def principal_of(request: web.Request) -> Principal:
    """Who is calling; a stranger on public routes."""
    # Asked several times in each request; `get` costs three times as much.
    try:
        return request[PRINCIPAL]
    except KeyError:
        return STRANGER
