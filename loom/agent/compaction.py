"""Folding a conversation into notes that the model goes on from."""

from collections.abc import Sequence

from msgspec.structs import replace

from loom.agent.context import prompt
from loom.agent.services import Model
from loom.core.errors import ProviderError
from loom.core.llm import LlmError, LlmRequest, LlmResponse
from loom.core.messages import Message, Text, ToolCall, ToolResult, Usage

MAX_RESULT_CHARS = 2_000
MAX_REQUEST_CHARS = 8_000
MIN_RECORD_CHARS = 4_000
SUMMARY_TOKENS = 4_096


async def summarise(
    model: Model, provider: str, request: LlmRequest, instructions: str, limit_tokens: int
) -> tuple[str, Usage, float | None]:
    """Notes on `request.messages`, ending with the person's last words verbatim; tokens; dollars.

    The conversation is sent as one text, so that open calls, tools and foreign blocks cannot make
    the request invalid; its middle is left out where it would not fit the window, and more of it
    when the provider finds it too long all the same.

    Raises ProviderError.
    """
    asked = prompt("compact") + (f"\n\nThe person adds: {instructions}" if instructions else "")
    response = await _answer(model, provider, request, asked, limit_tokens * 2)
    notes = response.message.text.strip()
    if not notes:
        raise ProviderError(LlmError("The model's summary was empty.", "invalid_response"))
    last = _last_request(request.messages)
    words = f"\n\nThe person's last message:\n{last}" if last else ""
    return notes + words, response.usage, response.cost_usd


async def _answer(
    model: Model, provider: str, request: LlmRequest, asked: str, chars: int
) -> LlmResponse:
    """The model's answer to a record of at most `chars` characters, or of fewer that fit."""
    record = _shortened(transcript(request.messages), chars)
    message = Message("user", (Text(f"{asked}\n\n<record>\n{record}\n</record>"),))
    shortened = replace(request, messages=(message,), max_tokens=SUMMARY_TOKENS)
    try:
        return await model.complete(provider, shortened)
    except ProviderError as error:
        if error.error.kind != "context_too_long" or chars < MIN_RECORD_CHARS:
            raise
    return await _answer(model, provider, request, asked, chars // 2)


def transcript(messages: Sequence[Message]) -> str:
    """The conversation as plain text, long tool results cut."""
    return "\n\n".join(_line(message) for message in messages if message.role != "system")


def _line(message: Message) -> str:
    parts = [f"[{message.role}]"]
    for block in message.content:
        if isinstance(block, Text):
            parts.append(block.text)
        elif isinstance(block, ToolCall):
            parts.append(f"(calls {block.name} {block.input})"[:MAX_RESULT_CHARS])
        elif isinstance(block, ToolResult):
            text = "".join(piece.text for piece in block.content if isinstance(piece, Text))
            parts.append(f"(result) {_shortened(text, MAX_RESULT_CHARS)}")
    return "\n".join(parts)


def _shortened(text: str, chars: int) -> str:
    if len(text) <= chars:
        return text
    half = chars // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def _last_request(messages: Sequence[Message]) -> str:
    for message in reversed(messages):
        if message.role == "user" and message.text and not message.tool_results:
            return _shortened(message.text, MAX_REQUEST_CHARS)
    return ""
