"""The server's settings, from flags, the environment, a TOML file and defaults, in that order.

Every value is checked here, so that a server that starts has settings that make sense. The file:

    [server]                 host, port, db_path, token_file, log_format, …
    [providers.anthropic]    api_key_file, base_url, model, headers, timeout_first_byte, …
    [search]                 serper_api_key_file, google_cse_api_key_file, …
    [login]                  signups, signup_domains
    [login.github]           client_id, client_secret_file; [login.google], [login.okta]
    [mail]                   host, port, username, password_file, from_address, security
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from loom.core.errors import ConfigError
from loom.directories import data_directory, state_directory
from loom.http import is_loopback
from loom.secrets import Secret
from loom.server.llm.base import ProviderSettings
from loom.server.sections.audit import AuditSettings, read_audit
from loom.server.sections.federated import FederatedSettings, read_federated
from loom.server.sections.http import HttpSettings, read_http
from loom.server.sections.login import LoginSettings, read_login
from loom.server.sections.mail import MailSettings, read_mail
from loom.server.sections.providers import PROVIDER_DEFAULTS, ProviderDefaults, read_providers
from loom.server.sections.search import SearchSettings, read_search
from loom.server.sections.storage import StorageSettings, read_storage
from loom.server.settings import Settings, Told, Tree, refuse_unknown_names

__all__ = [
    "PROVIDER_DEFAULTS",
    "ProviderDefaults",
    "SearchSettings",
    "ServerConfig",
    "checked",
    "server_config",
]

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
class ServerConfig:
    """Everything the server is told from outside.

    Attributes:
        token: what clients must show; None until `loom.server.token` has found or made one.
        threads_path: the file of people's threads; None for `threads.db` beside `db_path`.
        token_path: where a generated token is kept.
        body_limit: bytes of one request's body.
        timeout_drain: seconds that open streams get to end when the server is asked to stop.
        ping_interval: seconds of silence after which Loom's own wire sends `: ping`.
        is_team: serves accounts, sharing and sync too; False for the server inside the app.
        base_url: how people's browsers reach the server, without a slash at the end; "" for the
            address that it listens on.
        log_format: "json" or "human"; "auto" is the latter on a terminal alone.
        head_wait: seconds that a stream waits for the upstream's status before it begins.
        prices: the operator's own price table, read before ours.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    db_path: Path = Path("loom.db")
    threads_path: Path | None = None
    token: Secret | None = None
    token_path: Path = Path("server-token")
    providers: Mapping[str, ProviderSettings] = field(default_factory=dict)
    search: SearchSettings = field(default_factory=SearchSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    login: LoginSettings = field(default_factory=LoginSettings)
    federated: FederatedSettings = field(default_factory=FederatedSettings)
    mail: MailSettings | None = None
    audit: AuditSettings = field(default_factory=AuditSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    body_limit: int = 64 * MEBIBYTE
    timeout_drain: float = 10.0
    ping_interval: float = 10.0
    head_wait: float = 1.0
    log_format: str = "auto"
    log_level: str = "info"
    is_team: bool = False
    base_url: str = ""
    prices: Path | None = None

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret value in these settings, for the redactor."""
        keys = [settings.api_key for settings in self.providers.values()]
        keys += [each.api_key for one in self.providers.values() for each in one.accounts]
        keys += [self.token, self.search.google_cse_api_key, self.search.serper_api_key]
        keys += [self.mail.password if self.mail else None, self.audit.key]
        keys += self.federated.secrets()
        return tuple(key for key in keys if key)

    @property
    def threads_file(self) -> Path:
        """Where people's threads are."""
        return self.threads_path or self.db_path.with_name("threads.db")

    @property
    def address_path(self) -> Path:
        """Where a running server says where it listens (`loom.server.whereabouts`)."""
        return self.token_path.with_name("server-address")

    @property
    def is_loopback(self) -> bool:
        """Only this machine can reach the server."""
        return is_loopback(self.host)


SECTIONS = {"server", "providers", "search", "http", "login", "mail", "audit", "storage"}
"""The tables that the operator's file may have."""

FLAGS = {"host": "host", "port": "port", "db_path": "db"}
"""Settings by the flag that sets them."""


def server_config(
    environment: Mapping[str, str],
    file: Path | None = None,
    told: dict[str, Told] | None = None,
    **flags: Any,
) -> ServerConfig:
    """The settings of a server started with these.

    Args:
        environment: LOOM_SERVER_*, and the plain ANTHROPIC_* and OPENAI_* where those are silent.
        file: a TOML file that must exist; None for that of LOOM_SERVER_CONFIG, if any.
        told: gets every setting by its name in the file, with what decided it.
        flags: fields of ServerConfig; None means that the flag was not given.

    Raises:
        ConfigError: a value is wrong or a file cannot be read; the message names the setting.
    """
    tree = _tree(environment, file)
    server = Settings.of(tree, "server", environment, "LOOM_SERVER_")
    signups: str | None = flags.pop("signups", None)
    config = ServerConfig(
        host=server.text("host", "127.0.0.1"),
        port=server.integer("port", 8080, 0, 65535),
        db_path=server.path("db_path", data_directory(environment) / "server.db"),
        threads_path=server.optional_path("threads_path"),
        token=server.secret("token"),
        token_path=state_directory(environment) / "server-token",
        **_sections(tree, environment, signups),
        body_limit=server.integer("body_limit", 64 * MEBIBYTE, 1024, 1024 * MEBIBYTE),
        timeout_drain=server.seconds("timeout_drain", 10.0),
        log_format=server.choice("log_format", "auto", ("auto", "json", "human")),
        is_team=True,
        base_url=server.url("base_url", "").rstrip("/"),
        log_level=server.choice("log_level", "info", ("debug", "info", "warning", "error")),
        prices=server.optional_path("prices"),
    )
    server.refuse_unknown()
    given = {name: value for name, value in flags.items() if value is not None}
    if told is not None:
        told |= tree.told | _told_flags(given, signups)
    return _with_flags(config, given)


def _sections(tree: Tree, environment: Mapping[str, str], signups: str | None) -> dict[str, Any]:
    """The settings that have a table of their own."""
    return {
        "providers": read_providers(tree, environment),
        "search": read_search(tree, environment),
        "http": read_http(tree, environment),
        "login": read_login(tree, environment, signups),
        "federated": read_federated(tree, environment),
        "mail": read_mail(tree, environment),
        "audit": read_audit(tree, environment),
        "storage": read_storage(tree, environment),
    }


def _tree(environment: Mapping[str, str], file: Path | None) -> Tree:
    """The file's tables; none without a file. Raises ConfigError also for one that is unknown."""
    named = file or (Path(chosen) if (chosen := environment.get("LOOM_SERVER_CONFIG")) else None)
    tree = Tree(_read(named) if named is not None else {})
    refuse_unknown_names(tree, SECTIONS, "")
    return tree


def _told_flags(given: Mapping[str, Any], signups: str | None) -> dict[str, Told]:
    told = {f"server.{name}": Told(value, f"--{FLAGS[name]}") for name, value in given.items()}
    return told | ({"login.signups": Told(signups, "--signups")} if signups else {})


def _with_flags(config: ServerConfig, given: dict[str, Any]) -> ServerConfig:
    if "port" in given and not 0 <= given["port"] <= 65535:
        raise ConfigError(f"--port: {given['port']} is not between 0 and 65535")
    if "db_path" in given:
        given["db_path"] = Path(given["db_path"])
    return checked(replace(config, **given))


def checked(config: ServerConfig) -> ServerConfig:
    """`config`, when its parts go together. Raises ConfigError when they do not."""
    if config.token is not None:
        _check_token(config, config.token.expose())
    if config.login.is_dev_mode and not config.is_loopback:
        raise ConfigError(
            f"AUTH_DEV_MODE lets everybody in as an admin, and {config.host} can be reached from"
            " outside this machine",
            "Unset LOOM_SERVER_AUTH_DEV_MODE, or listen on 127.0.0.1.",
        )
    if config.federated.names and not config.base_url:
        raise ConfigError(
            "identity providers send people back to this server, whose address is not set",
            "Set LOOM_SERVER_BASE_URL to the address that people's browsers use.",
        )
    if config.mail is not None and not config.base_url and not config.is_loopback:
        raise ConfigError(
            "mail has links to this server, whose address is not set",
            "Set LOOM_SERVER_BASE_URL to the address that people's browsers use.",
        )
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
    # Only who has a file waits for it.
    import tomllib

    try:
        return tomllib.loads(file.read_text())
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error
