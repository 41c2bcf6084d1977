"""The one maker of aiohttp client sessions, for TCP and for Unix sockets.

aiohttp costs a quarter of a second to import, so it is imported when the first session is made.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from loom import __version__
from loom.core.errors import ConfigError
from loom.secrets import Secret

if TYPE_CHECKING:
    from ssl import SSLContext

    from aiohttp import BaseConnector, ClientSession
    from yarl import URL

USER_AGENT = f"loom/{__version__}"
END = "-----END CERTIFICATE-----"
LARGE = 1024 * 1024
"""Bytes from which a request's body should not be written in one go."""


@dataclass(frozen=True)
class Address:
    """Where an HTTP server listens.

    Attributes:
        url: scheme, host and path without a trailing slash; requests are made below it.
        socket: path of the Unix socket that carries them, or empty for TCP.
        certificate: a PEM file; its first certificate is the one that the server must show, for
            whichever name it was made. Empty: one for the URL's name, by an authority known here.
    """

    url: str
    socket: str = ""
    certificate: str = ""

    def __str__(self) -> str:
        return f"unix:{self.socket}" if self.socket else self.url


def parse_address(text: str) -> Address:
    """An `http://` or `https://` URL, `unix:PATH`, or the absolute path of a Unix socket.

    Raises:
        ConfigError: it is none of these.
    """
    text = text.strip()
    if text.startswith(("unix:", "/")):
        return Address("http://localhost", text.removeprefix("unix:").removeprefix("//"))
    if not _is_http(text):
        raise ConfigError(
            f"not a server address: {text!r}",
            "Write it as http://HOST:PORT, https://HOST or unix:/PATH/TO/SOCKET.",
        )
    return Address(text.rstrip("/"))


def _is_http(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # Reading it is what checks it.
        _ = parts.port
    except ValueError:
        return False
    is_host = bool(parts.hostname) and not any(character.isspace() for character in parts.netloc)
    return parts.scheme in ("http", "https") and is_host


def bearer(token: Secret) -> str:
    """The value of an Authorization header with Loom's token.

    Raises:
        ConfigError: no header can carry the token.
    """
    value = token.expose()
    if not (value.isascii() and value.isprintable()):
        raise ConfigError(
            "the Loom token holds characters that no HTTP header can carry",
            "Set LOOM_TOKEN, or LOOM_TOKEN_FILE's file, to the server's token and nothing else.",
        )
    return f"Bearer {value}"


def sendable(body: bytes) -> bytes | BytesIO:
    """`body` as aiohttp takes it without complaint: a large one goes out in pieces."""
    return body if len(body) < LARGE else BytesIO(body)


@lru_cache(maxsize=128)
def environment_proxy(url: "str | URL") -> str | None:
    """The HTTP proxy that the environment names for `url`; never one towards this machine.

    aiohttp's `trust_env` is not used: it reads ~/.netrc too, and what it finds there would take the
    place of Loom's own credentials. The environment counts as it was at the first question.
    """
    # It costs more to import than everything else here.
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(str(url))
    host = parts.netloc.rpartition("@")[2]
    if is_loopback(parts.hostname or "") or proxy_bypass(host):
        return None
    proxy = getproxies().get(parts.scheme)
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def client_session(
    address: Address,
    *,
    connect_timeout: float = 10.0,
    read_timeout: float | None = None,
) -> "ClientSession":
    """A session for `address`; the caller closes it, inside a running loop.

    There is no limit on connections and none on a request's whole time.

    Args:
        connect_timeout: seconds for the TCP or Unix connection.
        read_timeout: seconds that may pass without a byte from the server.
    """
    from aiohttp import ClientSession, ClientTimeout

    return ClientSession(
        connector=_connector(address),
        proxy=environment_proxy(address.url),
        headers={"User-Agent": USER_AGENT},
        timeout=ClientTimeout(total=None, sock_connect=connect_timeout, sock_read=read_timeout),
    )


def _connector(address: Address) -> "BaseConnector":
    from aiohttp import TCPConnector, UnixConnector

    if address.socket:
        return UnixConnector(address.socket, limit=0)
    if address.certificate:
        return TCPConnector(limit=0, ssl=_trusting(address.certificate))
    return TCPConnector(limit=0)


def _trusting(certificate: str) -> "SSLContext":
    """Believes in that one certificate alone, by whatever name it is reached."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        # The rest of the file are authorities, which others have certificates of too.
        first = Path(certificate).read_text().partition(END)
        context.load_verify_locations(cadata="".join(first[:2]))
    except (OSError, ValueError, ssl.SSLError) as error:
        raise ConfigError(f"cannot read the server's certificate {certificate}: {error}") from error
    return context


def why_unreachable(error: Exception) -> str:
    """What a client's failure to get an answer means, in a few words."""
    from aiohttp import (
        ClientConnectorCertificateError,
        ClientConnectorDNSError,
        ClientConnectorSSLError,
        ClientOSError,
        ServerDisconnectedError,
    )

    match error:
        case ClientConnectorCertificateError():
            proof = error.certificate_error
            return (
                f"its certificate is not believed here: {getattr(proof, 'verify_message', proof)}"
            )
        case ClientConnectorSSLError():
            return "what listens there speaks no TLS"
        case ClientConnectorDNSError():
            return "no machine is known by that name"
        case TimeoutError():
            return "no answer in time"
        case ServerDisconnectedError():
            return "it hung up"
        case ClientOSError() | OSError() if error.errno and error.errno > 0:
            return os.strerror(error.errno).lower()
    return type(error).__name__


def is_loopback(host: str) -> bool:
    """`host`, a name or an address, is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def retry_pause(first: float, failures: int, last: float, jitter: float) -> float:
    """Seconds after so many failures in a row: `first`, doubled by each further one, up to `last`.

    Args:
        jitter: a factor of chance, so that not all come back at once.
    """
    return min(first * 2.0 ** min(max(failures - 1, 0), 16) * jitter, last)
