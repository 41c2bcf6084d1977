"""Whether a history is one that every provider takes."""

import json
from collections.abc import Sequence
from typing import Any

from loom.core.history import Entry, model_view, visible
from loom.core.llm import LlmRequest
from loom.core.messages import Message, Text
from loom.server.llm.chat_request import chat_body
from loom.server.llm.claude_request import claude_body
from loom.server.llm.gemini_request import gemini_body
from loom.server.llm.responses_request import responses_body
from tests.fakes.providers.chat import ChatWire
from tests.fakes.providers.gemini import GeminiWire
from tests.fakes.providers.messages import MessagesWire
from tests.fakes.providers.responses import ResponsesWire


def check_valid(entries: Sequence[Entry]) -> None:
    """Both conversations are sound in themselves, and every provider's own types take them."""
    for messages in (visible(entries), model_view(entries)):
        check_answered(messages)
    check_wires(model_view(entries))


def check_answered(messages: Sequence[Message]) -> None:
    """Every call is answered exactly once, at once and in order; no message is empty."""
    for index, message in enumerate(messages):
        assert message.content, f"message {index} is empty"
        answers = messages[index + 1].tool_results if index + 1 < len(messages) else ()
        calls = [call.id for call in message.tool_calls]
        assert [result.tool_use_id for result in answers] == calls, f"after message {index}"


def check_wires(messages: tuple[Message, ...]) -> None:
    """The request that each provider would be sent, held against its SDK's types."""
    request = LlmRequest("default", (*messages, Message("user", (Text("continue"),))))
    MessagesWire().asked(_sent(claude_body(request, "claude-sonnet-5-5", stream=True)))
    ChatWire().asked(_sent(chat_body(request, "gpt-6.1", stream=True, is_official=True)))
    ResponsesWire().asked(_sent(responses_body(request, "gpt-6.1", stream=True)))
    GeminiWire().asked(_sent(gemini_body(request, "gemini-3.8-flash")))


def _sent(body: dict[str, Any]) -> Any:
    return json.loads(json.dumps(body))
