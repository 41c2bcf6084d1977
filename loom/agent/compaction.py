"""Folding a conversation into notes that the model goes on from."""

from collections.abc import Sequence

from loom.agent.context import prompt
from loom.agent.services import Model
from loom.core.llm import LlmRequest
from loom.core.messages import Message, Text, ToolCall, ToolResult, Usage

MAX_RESULT_CHARS = 2_000
MAX_REQUEST_CHARS = 8_000
SUMMARY_TOKENS = 4_096


async def summarise(
    model: Model, provider: str, request: LlmRequest, instructions: str, limit_tokens: int
) -> tuple[str, Usage]:
    """Notes on `request.messages`, ending with the person's last words verbatim; what they cost.

    The conversation is sent as one text, so that open calls, tools and foreign blocks cannot make
    the request invalid; its middle is left out where it would not fit the window.

    Raises ProviderError.
    """
    record = _shortened(transcript(request.messages), limit_tokens * 2)
    asked = prompt("compact") + (f"\n\nThe person adds: {instructions}" if instructions else "")
    message = Message("user", (Text(f"{asked}\n\n<record>\n{record}\n</record>"),))
    response = await model.complete(
        provider,
        LlmRequest(
            request.model, (message,), max_tokens=SUMMARY_TOKENS, thread_id=request.thread_id
        ),
    )
    last = _last_request(request.messages)
    words = f"\n\nThe person's last message:\n{last}" if last else ""
    return response.message.text.strip() + words, response.usage


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
