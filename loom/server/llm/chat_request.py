"""A request on the OpenAI chat completions wire, which many local servers speak too.

Source: https://developers.openai.com/api/reference/resources/chat
"""

from typing import Any

import msgspec

from loom.core.llm import LlmRequest
from loom.core.messages import Image, Text, ToolCall, ToolDefinition, ToolResult
from loom.server.llm.conversation import AssistantTurn, UserTurn, conversation
from loom.server.llm.openai_models import effort, takes_temperature, thinks

PROVIDER = "openai"
NO_OUTPUT = "(no output)"

Body = dict[str, Any]


def chat_body(request: LlmRequest, model: str, *, stream: bool, is_official: bool) -> Body:
    """The body of `POST /chat/completions`.

    Args:
        is_official: it goes to OpenAI itself, whose newer parameters others do not know.
    """
    body: Body = {"model": model, "messages": _messages(request), "stream": stream}
    if stream:
        body["stream_options"] = {"include_usage": True}
    if request.max_tokens:
        body["max_completion_tokens" if is_official else "max_tokens"] = request.max_tokens
    if request.temperature is not None and not (is_official and not takes_temperature(model)):
        body["temperature"] = request.temperature
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        body["tool_choice"] = "auto"
    if is_official and request.thinking_tokens and thinks(model):
        body["reasoning_effort"] = effort(request.thinking_tokens)
    if is_official and request.thread_id:
        body["prompt_cache_key"] = request.thread_id
    return body


def arguments(call: ToolCall) -> str:
    """The call's arguments as the JSON text that OpenAI's wires carry."""
    return msgspec.json.encode(call.input).decode()


def output(result: ToolResult) -> str:
    """A result's text, never empty, and marked when it is an error."""
    text = "\n".join(block.text for block in result.content if isinstance(block, Text))
    text = text or NO_OUTPUT
    is_marked = text.lower().startswith("error")
    return f"Error: {text}" if result.is_error and not is_marked else text


def _messages(request: LlmRequest) -> list[Body]:
    history = conversation(request.messages, PROVIDER)
    messages: list[Body] = []
    if history.system:
        messages.append({"role": "system", "content": history.system})
    for turn in history.turns:
        messages.extend(_user(turn) if isinstance(turn, UserTurn) else [_assistant(turn)])
    return messages


def _assistant(turn: AssistantTurn) -> Body:
    text = "".join(block.text for block in turn.content if isinstance(block, Text))
    message: Body = {"role": "assistant", "content": text or None}
    if turn.tool_calls:
        message["tool_calls"] = [_call(call) for call in turn.tool_calls]
    return message


def _call(call: ToolCall) -> Body:
    function = {"name": call.name, "arguments": arguments(call)}
    return {"id": call.id, "type": "function", "function": function}


def _user(turn: UserTurn) -> list[Body]:
    """Tool messages, then one user message: tool messages carry no images, so it does."""
    messages: list[Body] = [
        {"role": "tool", "tool_call_id": result.tool_use_id, "content": output(result)}
        for result in turn.results
    ]
    parts = [part for result in turn.results for part in _images(result)]
    parts += [_part(block) for block in turn.content]
    if parts:
        is_plain = len(parts) == 1 and parts[0]["type"] == "text"
        messages.append({"role": "user", "content": parts[0]["text"] if is_plain else parts})
    return messages


def _images(result: ToolResult) -> list[Body]:
    images = [_part(block) for block in result.content if isinstance(block, Image)]
    label = f"Images in the result of tool call {result.tool_use_id}:"
    return [{"type": "text", "text": label}, *images] if images else []


def _part(block: Text | Image) -> Body:
    if isinstance(block, Text):
        return {"type": "text", "text": block.text}
    return {"type": "image_url", "image_url": {"url": data_url(block)}}


def data_url(image: Image) -> str:
    """The image as a `data:` URL."""
    return f"data:{image.media_type};base64,{image.data}"


def _tool(tool: ToolDefinition) -> Body:
    function: Body = {
        "name": tool.name,
        "parameters": tool.input_schema or {"type": "object", "properties": {}},
    }
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}
