"""`[mail]`: the SMTP server that carries what Loom writes to people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from loom.core.errors import ConfigError
from loom.http import is_loopback
from loom.secrets import Secret
from loom.server.addresses import is_address
from loom.server.settings import Settings

PORTS = {"starttls": 587, "tls": 465, "none": 25}


class MailSettings(Struct, frozen=True):
    """How to reach the mail server.

    Attributes:
        security: `starttls` (RFC 3207) or `tls` (RFC 8314), both with a certificate that is
            checked; `none` for plain text.
        ca_file: authorities to trust instead of the system's.
    """

    host: str
    port: int
    from_address: str
    from_name: str = "Loom"
    username: str = ""
    password: Secret | None = None
    security: str = "starttls"
    ca_file: Path | None = None
    timeout: float = 30.0


def read_mail(tree: Mapping[str, Any], environment: Mapping[str, str]) -> MailSettings | None:
    """The section's settings; None without a host. Raises ConfigError naming what is wrong."""
    table = Settings.of(tree, "mail", environment, "LOOM_SERVER_SMTP_")
    security = table.choice("security", "starttls", tuple(PORTS))
    settings = MailSettings(
        host=table.text("host", ""),
        port=table.integer("port", PORTS[security], 1, 65535),
        from_address=table.text("from_address", ""),
        from_name=table.text("from_name", "Loom"),
        username=table.text("username", ""),
        password=table.secret("password"),
        security=security,
        ca_file=table.optional_path("ca_file"),
        timeout=table.seconds("timeout", 30.0),
    )
    table.refuse_unknown()
    return _checked(settings) if settings.host else None


def _checked(settings: MailSettings) -> MailSettings:
    if not is_address(settings.from_address):
        raise ConfigError(
            f"{settings.from_address!r} is no address to send mail from",
            "Set LOOM_SERVER_SMTP_FROM_ADDRESS.",
        )
    if not settings.from_name.isprintable():
        raise ConfigError("LOOM_SERVER_SMTP_FROM_NAME is not one line of text")
    if settings.password and settings.security == "none" and not is_loopback(settings.host):
        raise ConfigError(
            f"the mail password would cross the network to {settings.host} in plain text",
            "Set LOOM_SERVER_SMTP_SECURITY to starttls or tls.",
        )
    return settings
