"""Okta, or any identity provider that speaks SAML 2.0."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from loom.core.errors import ConfigError
from loom.server.keys import CLOCK, CONFIG, UPSTREAM
from loom.server.login.departure import Departure
from loom.server.login.failures import LoginFailed
from loom.server.login.outside import Outside, require_as_safe
from loom.server.login.saml.conditions import Assertion, Audience
from loom.server.login.saml.metadata import (
    IdentityProvider,
    identity_provider,
    own_metadata,
    strong,
)
from loom.server.login.saml.request import new_request_id, request_url
from loom.server.login.saml.response import ResponseReader
from loom.server.login.vouching import require_own_address
from loom.server.sections.federated import OktaSettings

KNOWN_FOR_MS = 3_600_000
"""For how long fetched metadata is believed."""

ASK_AGAIN_AFTER_MS = 60_000
"""Between two questions for it because a signature was wrong: the key may be a new one."""


class Okta:
    """The identity provider that the settings name; asked for its metadata when first needed.

    Args:
        base_url: how browsers reach this server.
        clock: Unix milliseconds.

    Raises:
        ConfigError: a file cannot be read or is not what it should be.
    """

    def __init__(
        self, settings: OktaSettings, outside: Outside, base_url: str, clock: Callable[[], int]
    ) -> None:
        # It logs what was signed, word for word, at level debug.
        logging.getLogger("signxml").setLevel(logging.WARNING)
        self._settings = settings
        self._outside = outside
        self._entity_id = f"{base_url}/auth/okta/metadata"
        self._acs_url = f"{base_url}/auth/okta/acs"
        self._clock = clock
        self._key, self._certificate = _own_pair(settings)
        self._known: IdentityProvider | None = None
        self._asked_at = 0

    @property
    def is_restarting(self) -> bool:
        """A sign-in that began at the provider is begun again from here."""
        return self._settings.idp_initiated == "restart"

    def metadata(self) -> bytes:
        """What the provider needs to know of us."""
        return own_metadata(self._audience(""), self._certificate)

    async def depart(self) -> Departure:
        """The way there. Raises LoginFailed when the provider's metadata cannot be had."""
        provider = await self._provider()
        request_id = new_request_id()
        url = request_url(
            provider.sso_url,
            self._audience(provider.entity_id),
            request_id,
            self._clock(),
            self._key,
        )
        return Departure(url, request_id)

    async def read(self, encoded: str) -> Assertion:
        """What a form's SAMLResponse says. Raises LoginFailed when it is not to be believed."""
        try:
            assertion = self._read(await self._provider(), encoded)
        except LoginFailed as failure:
            is_old = self._clock() - self._asked_at > ASK_AGAIN_AFTER_MS
            if failure.code != "saml_signature" or not self._settings.metadata_url or not is_old:
                raise
            self._known = None
            assertion = self._read(await self._provider(), encoded)
        require_own_address(assertion.email, self._settings.email_domains)
        return assertion

    def _read(self, provider: IdentityProvider, encoded: str) -> Assertion:
        audience = self._audience(provider.entity_id)
        reader = ResponseReader(audience, provider.certificates, self._key)
        return reader.read(encoded, self._clock())

    def _audience(self, issuer: str) -> Audience:
        return Audience(issuer, self._entity_id, self._acs_url)

    async def _provider(self) -> IdentityProvider:
        is_old = self._settings.metadata_url and self._clock() - self._asked_at > KNOWN_FOR_MS
        if self._known is None or is_old:
            self._known = await self._found()
            self._asked_at = self._clock()
        return self._known

    async def _found(self) -> IdentityProvider:
        settings = self._settings
        if settings.metadata_url:
            return self._safe(
                identity_provider(await self._outside.document(settings.metadata_url))
            )
        if settings.metadata_file is not None:
            document = await asyncio.to_thread(_content, settings.metadata_file)
            return identity_provider(document)
        return IdentityProvider(
            settings.entity_id, settings.sso_url, _certificates(settings.certificate_file)
        )

    def _safe(self, provider: IdentityProvider) -> IdentityProvider:
        require_as_safe(provider.sso_url, self._settings.metadata_url)
        return provider


def _own_pair(settings: OktaSettings) -> tuple[RSAPrivateKey | None, x509.Certificate | None]:
    if settings.private_key_file is None:
        return None, None
    (certificate,) = _certificates(settings.own_certificate_file)
    try:
        key = load_pem_private_key(_content(settings.private_key_file), None)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"{settings.private_key_file} is not a private key without a password, as PEM"
        ) from error
    if not isinstance(key, RSAPrivateKey) or key.public_key() != certificate.public_key():
        raise ConfigError(
            f"{settings.private_key_file} is not the RSA key of {settings.own_certificate_file}"
        )
    return key, certificate


def _certificates(file: Path | None) -> tuple[x509.Certificate, ...]:
    if file is None:
        raise ConfigError("[login.okta] has no certificate")
    try:
        return tuple(map(strong, x509.load_pem_x509_certificates(_content(file))))
    except ValueError as error:
        raise ConfigError(f"{file} is not a certificate, as PEM") from error


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"[login.okta]: cannot read {file}: {error.strerror}") from error


def make(app: web.Application) -> Okta:
    """The provider of this server's settings. Raises ConfigError when they are no good."""
    config = app[CONFIG]
    settings = config.federated.okta or OktaSettings()
    return Okta(settings, Outside(app[UPSTREAM]), config.base_url, app[CLOCK])
