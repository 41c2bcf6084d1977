"""Where a request goes: the origin that a connection is made to, and what is asked of it."""

from base64 import b64encode
from dataclasses import dataclass, replace
from ipaddress import ip_address

from yarl import URL

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """One end of a connection; what differs in any field shares no connection.

    Attributes:
        proxy: URL of the HTTP proxy in between, or empty.
    """

    host: str
    port: int
    is_tls: bool
    proxy: str = ""

    @property
    def authority(self) -> str:
        """Host and port as `CONNECT` names them (RFC 9110 §9.3.6)."""
        return f"{bracketed(self.host)}:{self.port}"


@dataclass(frozen=True)
class Target:
    """A URL, taken apart.

    Attributes:
        host: the value of the Host header.
        path: the path with its query, in the form that the request line carries.
        authorization: credentials that stood in the URL, or empty.
        proxy_authorization: what the proxy is to be told with each request, or empty.
    """

    origin: Origin
    host: str
    path: str
    authorization: str = ""
    proxy_authorization: str = ""


def parse_target(url: str, proxy: str = "") -> Target:
    """The target of an absolute URL; spaces and other letters are quoted as browsers do.

    Raises:
        ValueError: it is no http(s) URL.
    """
    parts = URL(url)
    host, scheme = parts.raw_host, parts.scheme
    if not host or scheme not in _DEFAULT_PORTS:
        raise ValueError("not an absolute http(s) URL")
    port = parts.port or _DEFAULT_PORTS[scheme]
    origin = Origin(host, port, scheme == "https", proxy)
    name = bracketed(host) if port == _DEFAULT_PORTS[scheme] else origin.authority
    target = Target(origin, name, parts.raw_path_qs, basic(parts.user, parts.password))
    return _told_to_proxy(target) if proxy and not origin.is_tls else target


def _told_to_proxy(target: Target) -> Target:
    """Without a tunnel the proxy reads each request; it is told the whole URL (RFC 9112 §3.2.2)."""
    proxy = URL(target.origin.proxy)
    return replace(
        target,
        path=f"http://{target.host}{target.path}",
        proxy_authorization=basic(proxy.user, proxy.password),
    )


def basic(user: str | None, password: str | None) -> str:
    """The credentials as an Authorization header has them (RFC 7617); empty without a user."""
    if not user:
        return ""
    return "Basic " + b64encode(f"{user}:{password or ''}".encode()).decode()


def bracketed(host: str) -> str:
    """`host` as it stands before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def is_address(host: str) -> bool:
    """Whether `host` is an IP address rather than a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
