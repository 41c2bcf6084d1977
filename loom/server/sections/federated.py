"""`[login.github]`, `[login.google]`, `[login.okta]`: the identity providers people come from.

One is offered when it is configured: by a client id, or for Okta by metadata or an entity id.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from loom.core.errors import ConfigError
from loom.secrets import Secret
from loom.server.settings import Settings, Tree


class GithubSettings(Struct, frozen=True):
    """An OAuth app of GitHub's; both addresses are others with GitHub Enterprise.

    Attributes:
        email_domains: whose addresses come from there; none for all, where it is GitHub itself.
    """

    client_id: str = ""
    client_secret: Secret | None = None
    base_url: str = "https://github.com"
    api_url: str = "https://api.github.com"
    email_domains: tuple[str, ...] = ()

    @property
    def is_public(self) -> bool:
        """It is everybody's, so that nobody can be who they like there."""
        return self.base_url == "https://github.com" and self.api_url == "https://api.github.com"


class GoogleSettings(Struct, frozen=True):
    """An OAuth client of Google's, or of another OpenID Connect provider's.

    Attributes:
        hosted_domain: the one Google Workspace domain whose accounts may sign in; "" for any.
        email_domains: whose addresses come from there; none for all, where it is Google itself.
    """

    client_id: str = ""
    client_secret: Secret | None = None
    issuer: str = "https://accounts.google.com"
    hosted_domain: str = ""
    email_domains: tuple[str, ...] = ()

    @property
    def is_public(self) -> bool:
        """It is everybody's, so that nobody can be who they like there."""
        return self.issuer == "https://accounts.google.com"


class OktaSettings(Struct, frozen=True):
    """An application of SAML 2.0.

    Attributes:
        metadata_url: where the provider's metadata is; or `metadata_file`; or the three of
            `entity_id`, `sso_url` and `certificate_file` (PEM, one or several).
        private_key_file: our own RSA key (PEM): requests are signed, and assertions may be
            encrypted. With it goes `own_certificate_file`.
        idp_initiated: what becomes of a sign-in that began at the provider. `restart` asks the
            provider at once for an answer to a request of ours, which nobody can slip to somebody
            else's browser; `accept` takes what came.
        email_domains: for which the provider speaks; it speaks for no other address.
    """

    metadata_url: str = ""
    metadata_file: Path | None = None
    entity_id: str = ""
    sso_url: str = ""
    certificate_file: Path | None = None
    private_key_file: Path | None = None
    own_certificate_file: Path | None = None
    idp_initiated: str = "restart"
    email_domains: tuple[str, ...] = ()


class FederatedSettings(Struct, frozen=True):
    """The identity providers; None for one that is not configured."""

    github: GithubSettings | None = None
    google: GoogleSettings | None = None
    okta: OktaSettings | None = None

    def secrets(self) -> tuple[Secret, ...]:
        """The clients' secrets, for the redactor."""
        found = (each.client_secret for each in (self.github, self.google) if each is not None)
        return tuple(secret for secret in found if secret is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """Of those that are configured."""
        return tuple(name for name in NAMES if getattr(self, name) is not None)


NAMES = ("github", "google", "okta")


def read_federated(tree: Mapping[str, Any], environment: Mapping[str, str]) -> FederatedSettings:
    """The providers' settings.

    Raises:
        ConfigError: a setting is wrong, or one that belongs to it is missing.
    """
    login = Tree.below(tree, "login")

    def table(name: str) -> Settings:
        prefix = f"LOOM_SERVER_{name.upper()}_"
        return Settings.of(login, name, environment, prefix, where="login.")

    return FederatedSettings(
        _github(table("github")), _google(table("google")), _okta(table("okta"))
    )


def _github(table: Settings) -> GithubSettings | None:
    defaults = GithubSettings()
    settings = GithubSettings(
        client_id=table.text("client_id", ""),
        client_secret=table.secret("client_secret"),
        base_url=table.url("base_url", defaults.base_url),
        api_url=table.url("api_url", defaults.api_url),
        email_domains=_domains(table),
    )
    table.refuse_unknown()
    return settings if _is_client("github", settings) else None


def _google(table: Settings) -> GoogleSettings | None:
    settings = GoogleSettings(
        client_id=table.text("client_id", ""),
        client_secret=table.secret("client_secret"),
        issuer=table.url("issuer", GoogleSettings().issuer),
        hosted_domain=table.text("hosted_domain", "").lower(),
        email_domains=_domains(table),
    )
    table.refuse_unknown()
    return settings if _is_client("google", settings) else None


def _is_client(name: str, settings: GithubSettings | GoogleSettings) -> bool:
    if bool(settings.client_id) != bool(settings.client_secret):
        raise ConfigError(
            f"[login.{name}] has only one of client_id and client_secret",
            f"Set both: LOOM_SERVER_{name.upper()}_CLIENT_ID and _CLIENT_SECRET_FILE.",
        )
    if settings.client_id and not settings.is_public:
        _require_domains(name, settings.email_domains)
    return bool(settings.client_id)


def _domains(table: Settings) -> tuple[str, ...]:
    return tuple(word.lower().removeprefix("@") for word in table.words("email_domains"))


def _require_domains(name: str, domains: tuple[str, ...]) -> None:
    if not domains:
        raise ConfigError(
            f"[login.{name}] has no email_domains: whoever administers that identity provider"
            " could sign in as anybody",
            "Name the domains of the addresses that come from there, such as acme.example:"
            f" LOOM_SERVER_{name.upper()}_EMAIL_DOMAINS.",
        )


def _okta(table: Settings) -> OktaSettings | None:
    settings = OktaSettings(
        metadata_url=table.url("metadata_url", ""),
        metadata_file=table.optional_path("metadata_file"),
        entity_id=table.text("entity_id", ""),
        sso_url=table.url("sso_url", ""),
        certificate_file=table.optional_path("certificate_file"),
        private_key_file=table.optional_path("private_key_file"),
        own_certificate_file=table.optional_path("own_certificate_file"),
        idp_initiated=table.choice("idp_initiated", "restart", ("restart", "accept")),
        email_domains=_domains(table),
    )
    table.refuse_unknown()
    by_hand = (settings.entity_id, settings.sso_url, settings.certificate_file)
    ways = (settings.metadata_url, settings.metadata_file, any(by_hand))
    if sum(map(bool, ways)) > 1 or any(by_hand) != all(by_hand):
        raise ConfigError(
            "[login.okta] does not say one way to know the identity provider",
            "Set metadata_url, or metadata_file, or the three of entity_id, sso_url and"
            " certificate_file.",
        )
    if bool(settings.private_key_file) != bool(settings.own_certificate_file):
        raise ConfigError("[login.okta] has only one of private_key_file and own_certificate_file")
    if not any(ways):
        return None
    _require_domains("okta", settings.email_domains)
    return settings
