"""Google, or any OpenID Connect provider: discovery, the code flow, and an ID token to believe."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from loom.core.errors import ConfigError
from loom.server.keys import CLOCK, CONFIG, UPSTREAM
from loom.server.login import id_token, oauth
from loom.server.login.departure import Departure
from loom.server.login.failures import LoginFailed
from loom.server.login.id_token import Keys
from loom.server.login.login_states import Kept
from loom.server.login.outside import Outside, require_as_safe, unreachable
from loom.server.login.signing_in import Arrival
from loom.server.login.vouching import is_googles_own, require_own_address
from loom.server.sections.federated import GoogleSettings

SCOPE = "openid email profile"
DISCOVERED_MS = 3_600_000
"""For how long what the provider says of itself is remembered."""

_SAYS_ISSUER = "authorization_response_iss_parameter_supported"
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


class Google:
    """The issuer that the settings name; Google where they name none.

    Args:
        clock: Unix milliseconds.
    """

    def __init__(
        self,
        settings: GoogleSettings,
        outside: Outside,
        redirect_uri: str,
        clock: Callable[[], int],
    ) -> None:
        if settings.client_secret is None:
            raise ConfigError("[login.google] has no client_secret")
        self._settings = settings
        self._secret = settings.client_secret
        self._outside = outside
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._known: tuple[int, Mapping[str, str]] | None = None
        self._keys: Keys | None = None

    async def depart(self) -> Departure:
        """The way to the provider's page. Raises LoginFailed when it cannot be discovered."""
        about = await self._about()
        domain = self._settings.hosted_domain
        return oauth.departure(
            about["authorization_endpoint"],
            self._settings.client_id,
            self._redirect_uri,
            SCOPE,
            nonce=secrets.token_urlsafe(32),
            **({"hd": domain} if domain else {}),
        )

    async def arrive(self, query: Mapping[str, str], kept: Kept) -> Arrival:
        """Who came back. Raises LoginFailed when it is nobody, or of another domain."""
        about = await self._about()
        answer = await oauth.exchange(
            self._outside,
            about["token_endpoint"],
            oauth.code_in(query, about["issuer"], is_said=bool(about[_SAYS_ISSUER])),
            kept,
            client_id=self._settings.client_id,
            client_secret=self._secret,
            redirect_uri=self._redirect_uri,
        )
        if self._keys is None:
            self._keys = Keys(self._outside, about["jwks_uri"], self._clock)
        claims = await id_token.claims(
            answer,
            self._keys,
            issuer=about["issuer"],
            client_id=self._settings.client_id,
            nonce=kept.nonce,
            now=self._clock() // 1000,
        )
        return self._arrival(claims)

    async def _about(self) -> Mapping[str, str]:
        if self._known is None or self._known[0] < self._clock():
            self._known = self._clock() + DISCOVERED_MS, await self._discovered()
        return self._known[1]

    async def _discovered(self) -> Mapping[str, str]:
        issuer = self._settings.issuer
        url = f"{issuer}/.well-known/openid-configuration"
        found = await self._outside.json(url)
        if not isinstance(found, dict) or any(not isinstance(found.get(n), str) for n in _NEEDED):
            raise unreachable(url, "not an OpenID Connect discovery document")
        # OpenID Connect Discovery §4.3: else anybody could speak for anybody.
        if found["issuer"].rstrip("/") != issuer:
            raise unreachable(url, f"it speaks for {found['issuer'][:200]}")
        for name in _NEEDED[1:]:
            require_as_safe(found[name], issuer)
        says = "yes" if found.get(_SAYS_ISSUER) is True else ""
        return {name: found[name] for name in _NEEDED} | {_SAYS_ISSUER: says}

    def _arrival(self, claims: Mapping[str, Any]) -> Arrival:
        domain = self._settings.hosted_domain
        if domain and claims.get("hd") != domain:
            raise LoginFailed(
                "wrong_domain",
                f"only accounts of {domain} may sign in here",
                f"Sign in again and choose your account of {domain}.",
            )
        email, name = str(claims.get("email") or ""), str(claims.get("name") or "")
        is_verified = claims.get("email_verified") is True
        if self._settings.email_domains or not self._settings.is_public:
            require_own_address(email, self._settings.email_domains)
        else:
            is_verified = is_verified and is_googles_own(claims)
        return Arrival("google", claims["sub"], email, is_verified, name)


def make(app: web.Application) -> Google:
    """The provider of this server's settings."""
    config = app[CONFIG]
    settings = config.federated.google or GoogleSettings()
    redirect_uri = f"{config.base_url}/auth/google/callback"
    return Google(settings, Outside(app[UPSTREAM]), redirect_uri, app[CLOCK])
