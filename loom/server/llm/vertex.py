"""Vertex AI: Gemini and Claude, by HTTPS and a Google bearer token."""

from typing import Any
from urllib.parse import quote

from loom.core.llm import LlmRequest, LlmResponse
from loom.server.llm.answer import new_call_id
from loom.server.llm.base import ProviderSettings, StreamDecoder, UpstreamRequest
from loom.server.llm.claude_request import claude_body
from loom.server.llm.claude_stream import ClaudeDecoder, claude_response
from loom.server.llm.gemini_request import gemini_body
from loom.server.llm.gemini_stream import GeminiDecoder, gemini_response
from loom.server.llm.google_token import DefaultCredentials, StaticToken, TokenSource
from loom.server.llm.upstream import HttpProvider

MODEL = "gemini-3.8-flash"
LOCATION = "us-central1"
CLAUDE_VERSION = "2026-10-21"
GEMINI = "gemini"
CLAUDE = "claude"


def vertex_host(location: str) -> str:
    """The service's host name for `global`, a multi-region (`us`, `eu`) or a region."""
    if location == "global":
        return "aiplatform.googleapis.com"
    if location in ("us", "eu"):
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{location}-aiplatform.googleapis.com"


class VertexProvider(HttpProvider):
    """Gemini and Claude on Vertex AI; a model called `claude…` is Claude.

    Args:
        tokens: bearer tokens; else `settings.api_key` is one, else google-auth finds them.
    """

    def __init__(self, settings: ProviderSettings, tokens: TokenSource | None = None) -> None:
        self._location = settings.location or LOCATION
        super().__init__(settings, "Vertex AI", f"https://{vertex_host(self._location)}", MODEL)
        given = StaticToken(settings.api_key) if settings.api_key else None
        self._has_token = tokens is not None or given is not None
        self._tokens: TokenSource = tokens or given or DefaultCredentials()

    @property
    def is_configured(self) -> bool:
        """A project is named, and a token can be had or at least asked for."""
        if not self.settings.project:
            # Google's library is not looked for without need: that imports a part of it.
            return False
        return self._has_token or DefaultCredentials.is_installed()

    async def prepare(self, request: LlmRequest, *, stream: bool) -> UpstreamRequest:
        """The request on Gemini's or Claude's wire. Raises ProviderError; may fetch a token."""
        if not self.settings.project:
            raise self._not_configured("Set LOOM_SERVER_VERTEX_PROJECT_ID.")
        model = self._model(request)
        wire = _wire(model)
        body = _claude(request, model, stream) if wire == CLAUDE else gemini_body(request, model)
        token = await self._tokens.token()
        headers = {"authorization": f"Bearer {token.expose()}"}
        return self._request(self._path(model, wire, stream), headers, body, wire)

    def response(self, body: bytes, wire: str = "") -> LlmResponse:
        """A whole answer. Raises ProviderError."""
        if (wire or _wire(self._default_model)) == CLAUDE:
            return self._whole(lambda: claude_response(body, self._answer()))
        answer = self._answer()
        return self._whole(lambda: gemini_response(body, answer, self._failures, new_call_id))

    def decoder(self, wire: str = "") -> StreamDecoder:
        """A fresh decoder for one streamed answer."""
        if (wire or _wire(self._default_model)) == CLAUDE:
            return ClaudeDecoder(self._answer(), self._failures)
        return GeminiDecoder(self._answer(), self._failures, new_call_id)

    def _path(self, model: str, wire: str, stream: bool) -> str:
        publisher = "anthropic" if wire == CLAUDE else "google"
        version = "" if self._base_url.endswith(("/v1", "/v1beta1")) else "/v1"
        return (
            f"{version}/projects/{quote(self.settings.project, safe='')}"
            f"/locations/{quote(self._location, safe='')}"
            f"/publishers/{publisher}/models/{quote(model, safe='@')}:{_METHODS[wire, stream]}"
        )


_METHODS = {
    (GEMINI, True): "streamGenerateContent?alt=sse",
    (GEMINI, False): "generateContent",
    (CLAUDE, True): "streamRawPredict",
    (CLAUDE, False): "rawPredict",
}


def _wire(model: str) -> str:
    return CLAUDE if model.startswith("claude") else GEMINI


def _claude(request: LlmRequest, model: str, stream: bool) -> dict[str, Any]:
    """Claude's body with the version in it and the model, which the path names, out of it."""
    body = claude_body(request, model, stream=stream)
    del body["model"]
    return {"anthropic_version": CLAUDE_VERSION, **body}
