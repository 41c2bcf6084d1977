"""Making a connection: TCP, TLS, and an HTTP proxy in between."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar, cast

from aiohappyeyeballs import start_connection
from yarl import URL

from loom.server.outbound.target import Origin, basic, is_address

CONNECT_TIMEOUT = 10.0
STAGGER = 0.25
"""Seconds before a host's next address is tried beside the first (RFC 8305)."""

_MAX_REPLY = 16 * 1024

P = TypeVar("P", bound=asyncio.BaseProtocol)


class ConnectTimeout(ConnectionError):
    """No connection within CONNECT_TIMEOUT seconds."""


class ProxyRefused(ConnectionError):
    """The HTTP proxy in between would not."""


class Dialer:
    """Connects to origins.

    Args:
        tls: how others prove their names; None takes the system's authorities, or those of
            SSL_CERT_FILE and SSL_CERT_DIR.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._given = tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made when it is first needed: reading all authorities takes tens of milliseconds."""
        return self._given or ssl.create_default_context()

    async def connect(self, origin: Origin, protocol: Callable[[], P]) -> P:
        """A protocol that is connected to the origin.

        Raises:
            OSError: it cannot be reached, or (ssl.SSLError) does not prove its name.
        """
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                if origin.proxy:
                    return await self._through(origin, protocol)
                tls = self._tls if origin.is_tls else None
                return await self._direct(origin.host, origin.port, tls, protocol)
        except TimeoutError as error:
            raise ConnectTimeout(f"no connection within {CONNECT_TIMEOUT:g} seconds") from error

    async def _direct(
        self, host: str, port: int, tls: ssl.SSLContext | None, protocol: Callable[[], P]
    ) -> P:
        loop = asyncio.get_running_loop()
        if is_address(host):
            _, made = await loop.create_connection(protocol, host, port, ssl=tls)
            return made
        # uvloop's own create_connection tries a host's addresses one after the other.
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        connected = await start_connection(found, happy_eyeballs_delay=STAGGER, interleave=1)
        name = host if tls else None
        _, made = await loop.create_connection(
            protocol, sock=connected, ssl=tls, server_hostname=name
        )
        return made

    async def _through(self, origin: Origin, protocol: Callable[[], P]) -> P:
        """By way of the proxy; to a TLS origin through a tunnel, in which all is encrypted."""
        proxy = URL(origin.proxy)
        if proxy.scheme not in ("http", "https") or not proxy.raw_host or not proxy.port:
            raise ProxyRefused("not the URL of an HTTP proxy")
        tls = self._tls if proxy.scheme == "https" else None
        if not origin.is_tls:
            return await self._direct(proxy.raw_host, proxy.port, tls, protocol)
        tunnel = await self._direct(proxy.raw_host, proxy.port, tls, _Tunnel)
        transport = await tunnel.open(origin, basic(proxy.user, proxy.password))
        loop = asyncio.get_running_loop()
        made = protocol()
        inner = await loop.start_tls(transport, made, self._tls, server_hostname=origin.host)
        if inner is None:
            raise ProxyRefused("the tunnel broke")
        made.connection_made(inner)
        return made


class _Tunnel(asyncio.Protocol):
    """The talk with a proxy before the tunnel stands (RFC 9110 §9.3.6)."""

    def __init__(self) -> None:
        self._reply = b""
        self._is_open = asyncio.get_running_loop().create_future()

    async def open(self, origin: Origin, authorization: str) -> asyncio.Transport:
        lines = [f"CONNECT {origin.authority} HTTP/1.1", f"Host: {origin.authority}"]
        if authorization:
            lines.append(f"Proxy-Authorization: {authorization}")
        self._transport.write("\r\n".join((*lines, "", "")).encode())
        try:
            await self._is_open
        except BaseException:
            self._transport.abort()
            raise
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._reply += data
        head, found, rest = self._reply.partition(b"\r\n\r\n")
        if not found and len(self._reply) < _MAX_REPLY:
            return
        status = head[:12]
        if found and not rest and status[:7] == b"HTTP/1." and status[9:10] == b"2":
            self._settle(None)
        else:
            self._settle(ProxyRefused(f"the proxy answered {status.decode('latin-1')!r}"))

    def connection_lost(self, error: Exception | None) -> None:
        self._settle(ProxyRefused("the proxy hung up"))

    def _settle(self, error: OSError | None) -> None:
        if self._is_open.done():
            return
        if error is None:
            self._is_open.set_result(None)
        else:
            self._is_open.set_exception(error)
