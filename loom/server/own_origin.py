"""Where browsers find this server."""

from urllib.parse import urlsplit

from aiohttp import web

from loom.http import is_loopback
from loom.server.keys import CONFIG


def own_origin(request: web.Request) -> str:
    """The configured address, else the one that was asked."""
    return request.app[CONFIG].base_url or f"{request.scheme}://{request.host}"


def is_secure_only(request: web.Request) -> bool:
    """Cookies travel over TLS alone; but on this machine's own addresses without it, too."""
    origin = urlsplit(own_origin(request))
    return origin.scheme == "https" or not is_loopback(origin.hostname or "")
