"""What the providers that are reached over HTTP share: model, headers, errors, whole answers."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from loom.core.errors import CodecError, ProviderError
from loom.core.llm import Completed, LlmError, LlmRequest, LlmResponse
from loom.redact import Redactor
from loom.server.llm.answer import Answer
from loom.server.llm.base import ProviderSettings, UpstreamRequest
from loom.server.llm.failures import Failures


class HttpProvider:
    """Base of the providers over HTTP.

    Args:
        label: the provider's name as people write it.
        base_url, model: what holds when the settings name none.
    """

    def __init__(self, settings: ProviderSettings, label: str, base_url: str, model: str) -> None:
        self.settings = settings
        self._label = label
        self._base_url = (settings.base_url or base_url).rstrip("/")
        self._default_model = settings.model or model
        self._failures = Failures(label, Redactor([settings.api_key] if settings.api_key else []))

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> LlmError:
        """A non-200 answer, classified; never quotes the key."""
        return self._failures.answered(status, headers, body)

    def _model(self, request: LlmRequest) -> str:
        is_default = request.model in ("", "default")
        return self._default_model if is_default else request.model

    def _answer(self) -> Answer:
        return Answer(self.settings.name)

    def _request(
        self, path: str, headers: Mapping[str, str], body: dict[str, Any], wire: str = ""
    ) -> UpstreamRequest:
        """The request; the operator's headers win over Loom's."""
        merged = {name.lower(): value for name, value in headers.items()}
        merged |= {name.lower(): value for name, value in self.settings.headers.items()}
        merged["content-type"] = "application/json"
        return UpstreamRequest(self._base_url + path, merged, msgspec.json.encode(body), wire)

    def _whole(self, read: Callable[[], Completed | LlmError]) -> LlmResponse:
        """What `read` makes of a whole answer. Raises ProviderError."""
        try:
            terminal = read()
        except CodecError as error:
            raise ProviderError(self._failures.garbled(error.message)) from error
        if isinstance(terminal, LlmError):
            raise ProviderError(terminal)
        return terminal.response

    def _not_configured(self, hint: str) -> ProviderError:
        text = f"{self._label} is not configured on the Loom server."
        return ProviderError(LlmError(text, "not_configured", hint=hint))
