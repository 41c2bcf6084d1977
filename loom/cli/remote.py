"""Which server a command asks: the one of your settings, else the one that runs on this machine."""

from collections.abc import Mapping
from pathlib import Path

from loom.api.client import ServerClient
from loom.config import load
from loom.http import parse_address


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

    config = with_token(server_config(environment, file))
    # Whoever listens everywhere is found here.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)  # noqa: S104
    name = f"[{host}]" if ":" in host else host
    scheme = "https" if config.http.is_tls else "http"
    return ServerClient(parse_address(f"{scheme}://{name}:{config.port}"), config.token)
