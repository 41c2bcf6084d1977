"""Whose request it is when a reverse proxy brings it.

`X-Forwarded-For`, `-Proto` and `-Host` are believed from configured addresses only, and from the
right: each trusted hop vouches for the one before it, and the first address that is not trusted is
the client's. `Forwarded` (RFC 7239) is not read: a proxy that sets one and leaves the other as the
client wrote it would let the client choose.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from aiohttp import web

from loom.server.keys import CONFIG, SCHEME
from loom.server.routing import Handler
from loom.server.sections.http import Network

_HOST = re.compile(r"[A-Za-z0-9._\-\[\]:]{1,255}")


@web.middleware
async def believe_proxies(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives the request the client's address, scheme and host, where a trusted proxy names them."""
    trusted = request.app[CONFIG].http.trusted_proxies
    if not trusted or not is_trusted(request.remote, trusted):
        return await handler(request)
    said = _said(request, trusted)
    # The answer's headers are put on with the request as it came in.
    request[SCHEME] = said.get("scheme", request.scheme)
    return await handler(request.clone(**said))


def is_trusted(address: str | None, trusted: Sequence[Network]) -> bool:
    """The address is in one of the networks; what is no address (a Unix socket) is not."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def client_address(peer: str, header: str, trusted: Sequence[Network]) -> str:
    """The right-most address of `header` that is not a trusted proxy's own.

    `peer` where the header is empty or not made of addresses.
    """
    client = peer
    for word in reversed([word.strip() for word in header.split(",") if word.strip()]):
        try:
            client = str(ip_address(word.strip("[]")))
        except ValueError:
            return client
        if not is_trusted(client, trusted):
            return client
    return client


def _said(request: web.Request, trusted: Sequence[Network]) -> dict[str, Any]:
    header = ",".join(request.headers.getall("X-Forwarded-For", ()))
    said: dict[str, Any] = {"remote": client_address(request.remote or "", header, trusted)}
    scheme = request.headers.get("X-Forwarded-Proto", "").lower()
    if scheme in ("http", "https"):
        said["scheme"] = scheme
    host = request.headers.get("X-Forwarded-Host", "")
    if _HOST.fullmatch(host):
        said["host"] = host
    return said
