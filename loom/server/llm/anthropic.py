"""Anthropic, by its Messages API and an API key."""

from urllib.parse import urlsplit

from loom.core.llm import LlmRequest, LlmResponse
from loom.server.llm.base import ProviderSettings, UpstreamRequest
from loom.server.llm.claude_request import claude_body
from loom.server.llm.claude_stream import ClaudeDecoder, claude_response
from loom.server.llm.upstream import HttpProvider

BASE_URL = "https://api.anthropic.com"
MODEL = "claude-sonnet-5-5"
VERSION = "2026-10-21"


class AnthropicProvider(HttpProvider):
    """Anthropic, or what speaks its Messages API at another base URL, then also without a key."""

    def __init__(self, settings: ProviderSettings) -> None:
        super().__init__(settings, "Anthropic", BASE_URL, MODEL)
        self._base_url = self._base_url.removesuffix("/v1")
        self._is_own = urlsplit(self._base_url).hostname == urlsplit(BASE_URL).hostname

    @property
    def is_configured(self) -> bool:
        """A key is there, or the server is not Anthropic's own."""
        return bool(self.settings.api_key) or not self._is_own

    async def prepare(self, request: LlmRequest, *, stream: bool) -> UpstreamRequest:
        """`POST /v1/messages`. Raises ProviderError."""
        if not self.is_configured:
            raise self._not_configured("Set LOOM_SERVER_ANTHROPIC_API_KEY, or ANTHROPIC_API_KEY.")
        body = claude_body(request, self._model(request), stream=stream)
        return self._request("/v1/messages", self._headers(), body)

    def response(self, body: bytes, wire: str = "") -> LlmResponse:
        """A whole answer. Raises ProviderError (`invalid_response`)."""
        return self._whole(lambda: claude_response(body, self._answer()))

    def decoder(self, wire: str = "") -> ClaudeDecoder:
        """A fresh decoder for one streamed answer."""
        return ClaudeDecoder(self._answer(), self._failures)

    def _headers(self) -> dict[str, str]:
        headers = {"anthropic-version": VERSION}
        if self.settings.api_key:
            headers["x-api-key"] = self.settings.api_key.expose()
        return headers
