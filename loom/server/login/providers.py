"""The identity providers: a row each. What one needs is imported when somebody signs in by it."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

from aiohttp import web

from loom.core.errors import ConfigError
from loom.server.keys import CONFIG
from loom.server.login.failures import LoginFailed


class Row(NamedTuple):
    """A provider.

    Attributes:
        label: as people call it.
        module: has `make(app)`.
    """

    label: str
    module: str


PROVIDERS: Mapping[str, Row] = {
    "github": Row("GitHub", "loom.server.login.github"),
    "google": Row("Google", "loom.server.login.google"),
    "okta": Row("Okta", "loom.server.login.okta_saml"),
}


class LoginProviders:
    """Those that this server's settings name, each made when it is first used."""

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """The provider.

        Raises:
            LoginFailed: the settings do not name it (404).
            ConfigError: they are no good.
        """
        if name not in self._app[CONFIG].federated.names:
            raise LoginFailed(
                "not_configured",
                "nobody signs in to this server in this way",
                "Choose another on the sign-in page.",
                status=404,
            )
        if name not in self._made:
            self._made[name] = self._make(PROVIDERS[name])
        return self._made[name]

    def _make(self, row: Row) -> Any:
        try:
            module = import_module(row.module)
        except ImportError as error:
            raise ConfigError(
                f"signing in by {row.label} needs what is not installed: {error.name}",
                "pip install 'loom[saml]'",
            ) from error
        return module.make(self._app)


LOGIN_PROVIDERS = web.AppKey("login_providers", LoginProviders)
