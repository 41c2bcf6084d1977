"""`[login]`: who may have an account."""

from collections.abc import Mapping
from typing import Any, Literal, cast

from msgspec import Struct

from loom.core.errors import ConfigError
from loom.server.sections.federated import NAMES as PROVIDER_NAMES
from loom.server.settings import Settings

Signups = Literal["closed", "domain", "open"]
SIGNUPS: tuple[Signups, ...] = ("closed", "domain", "open")


class LoginSettings(Struct, frozen=True):
    """Who may have an account.

    Attributes:
        signups: who gets one by signing in for the first time. `closed`: whoever was invited, or
            holds a link that the operator made; `domain`: also everybody with a verified address
            in `signup_domains`; `open`: everybody with a verified address.
        signup_domains: in lower case.
        is_dev_mode: a button signs in as dev@localhost, an admin.
    """

    signups: Signups = "closed"
    signup_domains: frozenset[str] = frozenset()
    is_dev_mode: bool = False


def read_login(
    tree: Mapping[str, Any], environment: Mapping[str, str], signups: str | None = None
) -> LoginSettings:
    """The section's settings; `signups` is the flag. Raises ConfigError naming what is wrong."""
    table = Settings.of(tree, "login", environment, "LOOM_SERVER_")
    table.allow_tables(PROVIDER_NAMES)
    chosen = table.choice("signups", "closed", SIGNUPS)
    domains = table.words("signup_domains")
    settings = LoginSettings(
        signups=cast(Signups, signups or chosen),
        signup_domains=frozenset(word.lower().removeprefix("@") for word in domains),
        is_dev_mode=table.boolean("auth_dev_mode", default=False),
    )
    kind = table.text("env", "")
    table.refuse_unknown()
    if settings.signups == "domain" and not domains:
        raise ConfigError(
            "signups is domain, and no domain is named", "Set LOOM_SERVER_SIGNUP_DOMAINS."
        )
    if settings.is_dev_mode and kind == "production":
        raise ConfigError(
            "AUTH_DEV_MODE lets everybody in as an admin, and this is production",
            "Unset LOOM_SERVER_AUTH_DEV_MODE, or LOOM_SERVER_ENV.",
        )
    return settings
