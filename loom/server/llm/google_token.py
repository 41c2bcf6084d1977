"""Google bearer tokens: a given one, or google-auth's default credentials, refreshed in time."""

import asyncio
from importlib.util import find_spec
from typing import Any, Protocol

from loom.core.errors import ProviderError
from loom.core.llm import LlmError
from loom.secrets import Secret

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class TokenSource(Protocol):
    """Where bearer tokens come from."""

    async def token(self) -> Secret:
        """A token that is valid now. Raises ProviderError."""
        ...


class StaticToken:
    """A token that the operator gave; Google's expire after an hour."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    async def token(self) -> Secret:
        """The token."""
        return self._token


class DefaultCredentials:
    """The machine's application default credentials, by google-auth (extra `vertex`).

    google-auth is imported, and its blocking requests are made, in a worker thread.
    """

    def __init__(self) -> None:
        self._credentials: Any = None
        self._lock = asyncio.Lock()

    @staticmethod
    def is_installed() -> bool:
        """Whether google-auth and its transport can be imported."""
        try:
            return find_spec("google.auth") is not None and find_spec("requests") is not None
        except ModuleNotFoundError:
            return False

    async def token(self) -> Secret:
        """A token with time left. Raises ProviderError."""
        if not self.is_installed():
            raise _failed("google-auth is not installed.", "Install loom[vertex] on the server.")
        async with self._lock:
            return await asyncio.to_thread(self._fresh)

    def _fresh(self) -> Secret:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        try:
            if self._credentials is None:
                self._credentials, _ = google.auth.default(scopes=[SCOPE])
            if not self._credentials.valid:
                self._credentials.refresh(Request())
        except GoogleAuthError as error:
            hint = "Run `gcloud auth application-default login` on the Loom server."
            raise _failed(f"Google credentials: {error}", hint) from error
        return Secret(self._credentials.token)


def _failed(text: str, hint: str) -> ProviderError:
    return ProviderError(LlmError(text, "not_configured", hint=hint))
