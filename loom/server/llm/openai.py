"""OpenAI, by its chat completions or Responses API, and the servers that speak the former."""

from urllib.parse import urlsplit

from loom.core.llm import LlmRequest, LlmResponse
from loom.server.llm.answer import new_call_id
from loom.server.llm.base import ProviderSettings, StreamDecoder, UpstreamRequest
from loom.server.llm.chat_request import chat_body
from loom.server.llm.chat_stream import ChatDecoder, chat_response
from loom.server.llm.openai_models import thinks
from loom.server.llm.responses_request import responses_body
from loom.server.llm.responses_stream import ResponsesDecoder, responses_response
from loom.server.llm.upstream import HttpProvider

BASE_URL = "https://api.openai.com/v1"
MODEL = "gpt-6.1-sol"
CHAT = "chat"
RESPONSES = "responses"


class OpenAiProvider(HttpProvider):
    """OpenAI itself, which needs a key, or another server at the base URL, which may not."""

    def __init__(self, settings: ProviderSettings) -> None:
        host = urlsplit(settings.base_url or BASE_URL).hostname or ""
        self._is_official = host == "openai.com" or host.endswith(".openai.com")
        label = "OpenAI" if self._is_official else f"The model server at {host}"
        super().__init__(settings, label, BASE_URL, MODEL)

    @property
    def is_configured(self) -> bool:
        """A key is there, or the server is not OpenAI's own."""
        return bool(self.settings.api_key) or not self._is_official

    async def prepare(self, request: LlmRequest, *, stream: bool) -> UpstreamRequest:
        """`POST /chat/completions` or `POST /responses`. Raises ProviderError."""
        if not self.is_configured:
            raise self._not_configured("Set LOOM_SERVER_OPENAI_API_KEY, or OPENAI_API_KEY.")
        model = self._model(request)
        wire = self._wire(model)
        if wire == RESPONSES:
            body = responses_body(request, model, stream=stream, is_official=self._is_official)
            return self._request("/responses", self._headers(), body, wire)
        body = chat_body(request, model, stream=stream, is_official=self._is_official)
        return self._request("/chat/completions", self._headers(), body, wire)

    def response(self, body: bytes, wire: str = "") -> LlmResponse:
        """A whole answer. Raises ProviderError."""
        if (wire or self._wire(self._default_model)) == RESPONSES:
            return self._whole(lambda: responses_response(body, self._answer(), self._failures))
        return self._whole(lambda: chat_response(body, self._answer(), new_call_id))

    def decoder(self, wire: str = "") -> StreamDecoder:
        """A fresh decoder for one streamed answer."""
        if (wire or self._wire(self._default_model)) == RESPONSES:
            return ResponsesDecoder(self._answer(), self._failures)
        return ChatDecoder(self._answer(), self._failures, new_call_id)

    def _wire(self, model: str) -> str:
        """As the settings say; else Responses where reasoning would be lost without it."""
        if self.settings.wire:
            return self.settings.wire
        return RESPONSES if self._is_official and thinks(model) else CHAT

    def _headers(self) -> dict[str, str]:
        key = self.settings.api_key
        return {"authorization": f"Bearer {key.expose()}"} if key else {}
