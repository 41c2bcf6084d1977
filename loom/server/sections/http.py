"""`[http]`: how the server meets the network it stands in."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from msgspec import Struct

from loom.core.errors import ConfigError
from loom.server.settings import Settings

Network = IPv4Network | IPv6Network


class HttpSettings(Struct, frozen=True):
    """The network side.

    Attributes:
        tls_cert: a PEM file with the certificate and its chain; None for plain HTTP.
        tls_key: its private key; None when it is in the same file.
        trusted_proxies: whose word on the client's address, scheme and host is taken.
        allowed_origins: other sites whose pages may call the API with a token; none by default.
        timeout_head: seconds for a new connection to say its first request.
        timeout_body: seconds for a body to arrive, besides what its size needs at 16 KiB/s.
        timeout_client: seconds for a client to take what waits for it of a stream.
    """

    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[Network, ...] = ()
    allowed_origins: frozenset[str] = frozenset()
    timeout_head: float = 15.0
    timeout_body: float = 30.0
    timeout_client: float = 300.0

    @property
    def is_tls(self) -> bool:
        """The server speaks TLS itself."""
        return self.tls_cert is not None


def read_http(tree: Mapping[str, Any], environment: Mapping[str, str]) -> HttpSettings:
    """The section's settings. Raises ConfigError naming the setting that is wrong."""
    table = Settings.of(tree, "http", environment, "LOOM_SERVER_")
    settings = HttpSettings(
        tls_cert=table.optional_path("tls_cert"),
        tls_key=table.optional_path("tls_key"),
        trusted_proxies=_networks(table.words("trusted_proxies")),
        allowed_origins=frozenset(_origins(table.words("cors_origins"))),
        timeout_head=table.seconds("timeout_head", 15.0),
        timeout_body=table.seconds("timeout_body", 30.0),
        timeout_client=table.seconds("timeout_client", 300.0),
    )
    table.refuse_unknown()
    if settings.tls_key is not None and settings.tls_cert is None:
        raise ConfigError("tls_key is set without tls_cert", "Name the certificate's file too.")
    return settings


def _networks(words: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(map(ip_network, words))
    except ValueError as error:
        raise ConfigError(
            f"trusted_proxies: {error}", "Write addresses or networks such as 10.0.0.0/8."
        ) from error


def _origins(words: tuple[str, ...]) -> tuple[str, ...]:
    for word in words:
        scheme, separator, host = word.partition("://")
        if scheme not in ("http", "https") or not separator or not host or "/" in host:
            raise ConfigError(
                f"cors_origins: {word!r} is not an origin", "Write it as https://HOST[:PORT]."
            )
    return words
