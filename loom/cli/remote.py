"""Which server a command asks: the one of your settings, else the one that runs on this machine."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from loom.api.client import ServerClient
from loom.config import load
from loom.http import parse_address

if TYPE_CHECKING:
    from loom.server.config import ServerConfig


def server_client(environment: Mapping[str, str]) -> ServerClient:
    """A client of `server_url` with your token; else of `loom --server` here with its own token.

    Raises:
        ConfigError: a setting is wrong, or the local server's token cannot be read.
    """
    settings = load(environment, Path().resolve()).settings
    if settings.server_url:
        return ServerClient(parse_address(settings.server_url), settings.token)
    return local_client(environment)


def local_client(environment: Mapping[str, str], file: Path | None = None) -> ServerClient:
    """A client of the server that runs on this machine, with its own token; `file` its settings.

    Raises ConfigError.
    """
    # What the server reads is slow to import, and only this needs it.
    from loom.server.config import server_config
    from loom.server.token import with_token
    from loom.server.whereabouts import running

    config = with_token(server_config(environment, file))
    found = running(config.address_path)
    url, certificate = (found.url, found.certificate) if found else _configured(config)
    # Whoever listens everywhere is found here.
    for everywhere, here in (("//0.0.0.0:", "//127.0.0.1:"), ("//[::]:", "//[::1]:")):
        url = url.replace(everywhere, here)
    # The certificate is made for the name that others use, which may not lead here from here.
    return ServerClient(replace(parse_address(url), certificate=certificate), config.token)


def _configured(config: "ServerConfig") -> tuple[str, str]:
    name = f"[{config.host}]" if ":" in config.host else config.host
    scheme = "https" if config.http.is_tls else "http"
    return f"{scheme}://{name}:{config.port}", str(config.http.tls_cert or "")
