"""GitHub: OAuth 2.0 with PKCE, then whose token it is and which address is the verified one."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from loom.core.errors import ConfigError
from loom.server.keys import CONFIG, UPSTREAM
from loom.server.login import oauth
from loom.server.login.departure import Departure
from loom.server.login.login_states import Kept
from loom.server.login.outside import Outside, unreachable
from loom.server.login.signing_in import Arrival
from loom.server.login.vouching import require_own_address
from loom.server.sections.federated import GithubSettings

SCOPE = "read:user user:email"


class Github:
    """GitHub itself, or GitHub Enterprise where the settings name another address."""

    def __init__(self, settings: GithubSettings, outside: Outside, redirect_uri: str) -> None:
        if settings.client_secret is None:
            raise ConfigError("[login.github] has no client_secret")
        self._settings = settings
        self._secret = settings.client_secret
        self._outside = outside
        self._redirect_uri = redirect_uri
        self._oauth = f"{settings.base_url}/login/oauth"

    async def depart(self) -> Departure:
        """The way to GitHub's page."""
        settings = self._settings
        return oauth.departure(
            f"{self._oauth}/authorize", settings.client_id, self._redirect_uri, SCOPE
        )

    async def arrive(self, query: Mapping[str, str], kept: Kept) -> Arrival:
        """Who came back. Raises LoginFailed when it is nobody."""
        answer = await oauth.exchange(
            self._outside,
            f"{self._oauth}/access_token",
            oauth.code_in(query, self._oauth),
            kept,
            client_id=self._settings.client_id,
            client_secret=self._secret,
            redirect_uri=self._redirect_uri,
        )
        api, token = self._settings.api_url, answer["access_token"]
        user = await self._asked(f"{api}/user", token)
        return self._arrival(user, await self._asked(f"{api}/user/emails", token))

    async def _asked(self, url: str, token: str) -> Any:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        return await self._outside.json(url, headers=headers)

    def _arrival(self, user: Any, emails: Any) -> Arrival:
        number = user.get("id") if isinstance(user, dict) else None
        if not isinstance(number, int) or isinstance(number, bool):
            raise unreachable(f"{self._settings.api_url}/user", "no id")
        name = str(user.get("name") or user.get("login") or "")
        email, is_verified = _primary(emails)
        if self._settings.email_domains or not self._settings.is_public:
            require_own_address(email, self._settings.email_domains)
        return Arrival("github", str(number), email, is_verified, name)


def _primary(emails: Any) -> tuple[str, bool]:
    """The primary address, and whether GitHub verified it. Others may be somebody else's by now."""
    for each in emails if isinstance(emails, list) else ():
        if isinstance(each, dict) and each.get("primary") is True:
            return str(each.get("email") or ""), each.get("verified") is True
    return "", False


def make(app: web.Application) -> Github:
    """The provider of this server's settings."""
    config = app[CONFIG]
    settings = config.federated.github or GithubSettings()
    redirect_uri = f"{config.base_url}/auth/github/callback"
    return Github(settings, Outside(app[UPSTREAM]), redirect_uri)
