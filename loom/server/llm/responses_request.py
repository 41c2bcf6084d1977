"""A request on the OpenAI Responses wire, stateless: nothing is stored at OpenAI.

Reasoning items come back encrypted and are replayed from Opaque blocks, so the model keeps its
train of thought between tool calls.

Source: https://developers.openai.com/api/reference/resources/responses
"""

from collections.abc import Iterable
from typing import Any

from loom.core.llm import LlmRequest
from loom.core.messages import Image, Opaque, Text, Thinking, ToolCall, ToolDefinition, ToolResult
from loom.server.llm.chat_request import PROVIDER, arguments, data_url, output
from loom.server.llm.conversation import AssistantTurn, UserTurn, conversation
from loom.server.llm.openai_models import effort, takes_temperature, thinks

PHASE = "loom.phase"
"""Type of the Opaque block that holds the `phase` of the text after it (commentary or final)."""

_REASONING_KEYS = ("type", "id", "summary", "content", "encrypted_content")

Body = dict[str, Any]


def responses_body(
    request: LlmRequest, model: str, *, stream: bool, is_official: bool = True
) -> Body:
    """The body of `POST /responses`."""
    history = conversation(request.messages, PROVIDER)
    items: list[Body] = []
    for turn in history.turns:
        items.extend(_user(turn) if isinstance(turn, UserTurn) else _assistant(turn))
    body: Body = {"model": model, "input": items, "stream": stream, "store": False}
    if history.system:
        body["instructions"] = history.system
    if request.max_tokens:
        body["max_output_tokens"] = request.max_tokens
    if request.temperature is not None and takes_temperature(model):
        body["temperature"] = request.temperature
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if thinks(model):
        body["include"] = ["reasoning.encrypted_content"]
        if request.thinking_tokens:
            body["reasoning"] = {"effort": effort(request.thinking_tokens), "summary": "auto"}
    if is_official and request.thread_id:
        body["prompt_cache_key"] = request.thread_id
    return body


def _user(turn: UserTurn) -> list[Body]:
    items: list[Body] = [
        {
            "type": "function_call_output",
            "call_id": result.tool_use_id,
            "output": _output(result),
        }
        for result in turn.results
    ]
    if turn.content:
        items.append({"role": "user", "content": [_part(block) for block in turn.content]})
    return items


def _output(result: ToolResult) -> str | list[Body]:
    images = [_part(block) for block in result.content if isinstance(block, Image)]
    text = output(result)
    return [{"type": "input_text", "text": text}, *images] if images else text


def _assistant(turn: AssistantTurn) -> Iterable[Body]:
    phase = ""
    for position, block in enumerate(turn.content):
        match block:
            case Text():
                yield _message(block.text, phase)
            case ToolCall():
                yield _call(block)
            case Opaque() if block.data.get("type") == PHASE:
                phase = str(block.data.get("phase", ""))
            case Opaque():
                if _is_replayable(block, turn.content[position + 1 :]):
                    yield _reasoning(block)


def _is_replayable(block: Opaque, rest: tuple[Text | Thinking | ToolCall | Opaque, ...]) -> bool:
    """A reasoning item is refused without its encrypted content or the item it led to."""
    is_whole = block.data.get("type") == "reasoning" and block.data.get("encrypted_content")
    return bool(is_whole) and any(isinstance(after, (Text, ToolCall)) for after in rest)


def _reasoning(block: Opaque) -> Body:
    return {key: block.data[key] for key in _REASONING_KEYS if block.data.get(key) is not None}


def _message(text: str, phase: str) -> Body:
    message: Body = {"role": "assistant", "content": text}
    return message | {"phase": phase} if phase else message


def _call(call: ToolCall) -> Body:
    return {
        "type": "function_call",
        "call_id": call.id,
        "name": call.name,
        "arguments": arguments(call),
    }


def _part(block: Text | Image) -> Body:
    if isinstance(block, Text):
        return {"type": "input_text", "text": block.text}
    return {"type": "input_image", "detail": "auto", "image_url": data_url(block)}


def _tool(tool: ToolDefinition) -> Body:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description or None,
        "parameters": tool.input_schema or {"type": "object", "properties": {}},
        "strict": False,
    }
