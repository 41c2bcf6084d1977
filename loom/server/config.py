"""The server's settings, from flags, the environment, a TOML file and defaults, in that order.

Every value is checked here, so that a server that starts has settings that make sense. The file:

    [server]                 host, port, db_path, token_file, log_format, …
    [providers.anthropic]    api_key_file, base_url, model, headers, timeout_first_byte, …
    [search]                 serper_api_key_file, google_cse_api_key_file, …
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from loom.core.errors import ConfigError
from loom.directories import data_directory, state_directory
from loom.secrets import Secret
from loom.server.llm.base import ProviderSettings
from loom.server.settings import Settings

MEBIBYTE = 1024 * 1024
MINIMUM_TOKEN_LENGTH = 16
WELL_KNOWN_TOKENS = frozenset(
    {
        "0123456789abcdef",
        "1234567890123456",
        "changemechangeme",
        "change-me-please",
        "loom-server-token",
        "passwordpassword",
        "sk-1234567890abcdef",
        "your-token-goes-here",
    }
)


@dataclass(frozen=True)
class ProviderDefaults:
    """What a provider is when nobody said otherwise.

    Attributes:
        plain: prefix of the well-known variables.
        surplus: what people write at the base URL's end although the wire's paths begin with it.
    """

    base_url: str = ""
    model: str = ""
    plain: str = ""
    surplus: str = ""


PROVIDER_DEFAULTS: Mapping[str, ProviderDefaults] = {
    "anthropic": ProviderDefaults(
        "https://api.anthropic.com", "claude-sonnet-5-5", "ANTHROPIC", "/v1"
    ),
    "openai": ProviderDefaults("https://api.openai.com/v1", "gpt-6.1-sol", "OPENAI"),
    "vertex": ProviderDefaults(model="gemini-3.8-flash"),
    "demo": ProviderDefaults(model="demo-1"),
}


@dataclass(frozen=True)
class SearchSettings:
    """Web search: an engine is configured when its secrets are there. URLs are the operator's."""

    google_cse_api_key: Secret | None = None
    google_cse_search_engine_id: str = ""
    google_cse_url: str = "https://customsearch.googleapis.com/customsearch/v1"
    serper_api_key: Secret | None = None
    serper_url: str = "https://google.serper.dev/search"
    timeout: float = 10.0


@dataclass(frozen=True)
class ServerConfig:
    """Everything the server is told from outside.

    Attributes:
        token: what clients must show; None until `loom.server.token` has found or made one.
        token_path: where a generated token is kept.
        body_limit: bytes of one request's body.
        timeout_drain: seconds that open streams get to end when the server is asked to stop.
        ping_interval: seconds of silence after which Loom's own wire sends `: ping`.
        head_wait: seconds that a stream waits for the upstream's status before it begins.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    db_path: Path = Path("loom.db")
    token: Secret | None = None
    token_path: Path = Path("server-token")
    providers: Mapping[str, ProviderSettings] = field(default_factory=dict)
    search: SearchSettings = SearchSettings()
    body_limit: int = 64 * MEBIBYTE
    timeout_drain: float = 10.0
    ping_interval: float = 10.0
    head_wait: float = 1.0
    log_format: str = "json"
    log_level: str = "info"

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret value in these settings, for the redactor."""
        keys = [settings.api_key for settings in self.providers.values()]
        keys += [self.token, self.search.google_cse_api_key, self.search.serper_api_key]
        return tuple(key for key in keys if key)

    @property
    def is_loopback(self) -> bool:
        """Only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def server_config(
    environment: Mapping[str, str], file: Path | None = None, **flags: Any
) -> ServerConfig:
    """The settings of a server started with these.

    Args:
        environment: LOOM_SERVER_*, and the plain ANTHROPIC_* and OPENAI_* where those are silent.
        file: a TOML file that must exist; None for none.
        flags: fields of ServerConfig; None means that the flag was not given.

    Raises:
        ConfigError: a value is wrong or a file cannot be read; the message names the setting.
    """
    tree = _read(file) if file is not None else {}
    _refuse_unknown(tree, {"server", "providers", "search"}, "")
    server = Settings.of(tree, "server", environment, "LOOM_SERVER_")
    config = ServerConfig(
        host=server.text("host", "127.0.0.1"),
        port=server.integer("port", 8080, 0, 65535),
        db_path=server.path("db_path", data_directory(environment) / "server.db"),
        token=server.secret("token"),
        token_path=state_directory(environment) / "server-token",
        providers=_providers(tree, environment),
        search=_search(tree, environment),
        body_limit=server.integer("body_limit", 64 * MEBIBYTE, 1024, 1024 * MEBIBYTE),
        timeout_drain=server.seconds("timeout_drain", 10.0),
        log_format=server.choice("log_format", "json", ("json", "human")),
        log_level=server.choice("log_level", "info", ("debug", "info", "warning", "error")),
    )
    server.refuse_unknown()
    return _with_flags(config, flags)


def _with_flags(config: ServerConfig, flags: Mapping[str, Any]) -> ServerConfig:
    given = {name: value for name, value in flags.items() if value is not None}
    if "port" in given and not 0 <= given["port"] <= 65535:
        raise ConfigError(f"--port: {given['port']} is not between 0 and 65535")
    if "db_path" in given:
        given["db_path"] = Path(given["db_path"])
    return checked(replace(config, **given))


def checked(config: ServerConfig) -> ServerConfig:
    """`config`, when its token may guard its host. Raises ConfigError when it may not."""
    if config.token is not None:
        _check_token(config, config.token.expose())
    return config


def _check_token(config: ServerConfig, token: str) -> None:
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError("LOOM_SERVER_TOKEN holds characters that no HTTP header can carry")
    is_weak = len(token) < MINIMUM_TOKEN_LENGTH or token.lower() in WELL_KNOWN_TOKENS
    if is_weak and not config.is_loopback:
        raise ConfigError(
            f"LOOM_SERVER_TOKEN is too short or publicly known, and {config.host} can be reached "
            "from outside this machine",
            f"Use at least {MINIMUM_TOKEN_LENGTH} random characters, or leave it out to have "
            "one generated.",
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error


def _refuse_unknown(tree: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(tree) - known):
        raise ConfigError(
            f"unknown setting: {where}{unknown[0]}", f"Known here: {', '.join(sorted(known))}."
        )


def _providers(
    tree: Mapping[str, Any], environment: Mapping[str, str]
) -> Mapping[str, ProviderSettings]:
    tables = tree.get("providers", {})
    if not isinstance(tables, dict):
        raise ConfigError("providers is not a table")
    _refuse_unknown(tables, set(PROVIDER_DEFAULTS), "providers.")
    return {
        name: _provider(name, defaults, tables, environment)
        for name, defaults in PROVIDER_DEFAULTS.items()
    }


def _provider(
    name: str, defaults: ProviderDefaults, tree: Mapping[str, Any], environment: Mapping[str, str]
) -> ProviderSettings:
    plain = f"{defaults.plain}_" if defaults.plain else ""
    prefix = f"LOOM_SERVER_{name.upper()}_"
    table = Settings.of(tree, name, environment, prefix, plain=plain, where="providers.")
    settings = ProviderSettings(
        name=name,
        base_url=table.url("base_url", defaults.base_url, is_plain=True).removesuffix(
            defaults.surplus
        ),
        api_key=table.secret("api_key", is_plain=True),
        model=table.text("model", defaults.model),
        headers=table.headers("headers"),
        timeout_first_byte=table.seconds("timeout_first_byte", 120.0),
        timeout_idle=table.seconds("timeout_idle", 90.0),
        project=table.text("project_id", ""),
        location=table.text("location", "us-central1" if name == "vertex" else ""),
        wire=table.choice("wire", "", ("", "chat", "responses")),
    )
    table.refuse_unknown()
    return settings


def _search(tree: Mapping[str, Any], environment: Mapping[str, str]) -> SearchSettings:
    table = Settings.of(tree, "search", environment, "LOOM_SERVER_")
    defaults = SearchSettings()
    settings = SearchSettings(
        google_cse_api_key=table.secret("google_cse_api_key"),
        google_cse_search_engine_id=table.text("google_cse_search_engine_id", ""),
        google_cse_url=table.url("google_cse_url", defaults.google_cse_url),
        serper_api_key=table.secret("serper_api_key"),
        serper_url=table.url("serper_url", defaults.serper_url),
        timeout=table.seconds("search_timeout", defaults.timeout),
    )
    table.refuse_unknown()
    return settings
