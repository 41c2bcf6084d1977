"""A request on the Gemini wire of Vertex AI.

Source: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContent
"""

import re
from typing import Any

from loom.core.llm import LlmRequest
from loom.core.messages import Image, Opaque, Text, Thinking, ToolCall, ToolDefinition, ToolResult
from loom.server.llm.chat_request import output
from loom.server.llm.conversation import AssistantTurn, UserTurn, conversation

PROVIDER = "vertex"

_UNSIGNED = "skip_thought_signature_validator"
"""The documented stand-in for the signature of a call that another model made."""

Body = dict[str, Any]


def gemini_body(request: LlmRequest, model: str) -> Body:
    """The body of `generateContent` and `streamGenerateContent`."""
    history = conversation(request.messages, PROVIDER)
    names = {
        call.id: call.name
        for turn in history.turns
        if isinstance(turn, AssistantTurn)
        for call in turn.tool_calls
    }
    body: Body = {
        "contents": [
            {"role": "user", "parts": _user(turn, names)}
            if isinstance(turn, UserTurn)
            else {"role": "model", "parts": _model(turn, must_sign=_must_sign(model))}
            for turn in history.turns
        ]
    }
    if history.system:
        body["systemInstruction"] = {"parts": [{"text": history.system}]}
    if request.tools:
        body["tools"] = [{"functionDeclarations": [_tool(tool) for tool in request.tools]}]
    if generation := _generation(request, model):
        body["generationConfig"] = generation
    return body


def gemini_version(model: str) -> float:
    """The version in a model's name, such as 2.5; 0 when it names none."""
    match = re.search(r"gemini-(\d+(?:\.\d+)?)", model)
    return float(match[1]) if match else 0.0


def _must_sign(model: str) -> bool:
    return gemini_version(model) >= 3


def _generation(request: LlmRequest, model: str) -> Body:
    config: Body = {}
    if request.max_tokens:
        config["maxOutputTokens"] = request.max_tokens
    if request.temperature is not None:
        config["temperature"] = request.temperature
    if request.thinking_tokens and gemini_version(model) >= 2.5:
        config["thinkingConfig"] = _thinking(model, request.thinking_tokens)
    return config


def _thinking(model: str, budget: int) -> Body:
    """Gemini 3 and later take a level, 2.5 takes a budget of at most 24,576 tokens."""
    if gemini_version(model) >= 3:
        level = "LOW" if budget <= 8_192 else "HIGH"
        return {"includeThoughts": True, "thinkingLevel": level}
    return {"includeThoughts": True, "thinkingBudget": max(min(budget, 24_576), 512)}


def _user(turn: UserTurn, names: dict[str, str]) -> list[Body]:
    """Function responses first; their images follow, since not every model nests them."""
    parts = [_response(result, names) for result in turn.results]
    for result in turn.results:
        parts.extend(_part(block) for block in result.content if isinstance(block, Image))
    return parts + [_part(block) for block in turn.content]


def _response(result: ToolResult, names: dict[str, str]) -> Body:
    key = "error" if result.is_error else "output"
    response = {key: output(result)}
    return {"functionResponse": {"name": names[result.tool_use_id], "response": response}}


def _model(turn: AssistantTurn, *, must_sign: bool) -> list[Body]:
    parts: list[Body] = []
    for block in turn.content:
        match block:
            case Text():
                parts.append({"text": block.text})
            case Thinking():
                # Signs the text before it; a part with a signature but no text may be refused.
                if parts and "text" in parts[-1]:
                    parts[-1].setdefault("thoughtSignature", block.signature)
            case ToolCall():
                is_first = not any("functionCall" in part for part in parts)
                parts.append(_call(block, _UNSIGNED if must_sign and is_first else ""))
            case Opaque():
                parts.append(dict(block.data))
    return parts


def _call(call: ToolCall, stand_in: str) -> Body:
    """A call; only the first of several in one turn is signed by the model."""
    part: Body = {"functionCall": {"name": _name(call.name), "args": call.input}}
    if signature := call.signature or stand_in:
        part["thoughtSignature"] = signature
    return part


def _name(name: str) -> str:
    """A name that begins as Google's names must."""
    return name if name[0].isalpha() or name[0] == "_" else f"_{name}"


def _part(block: Text | Image) -> Body:
    if isinstance(block, Text):
        return {"text": block.text}
    return {"inlineData": {"mimeType": block.media_type, "data": block.data}}


def _tool(tool: ToolDefinition) -> Body:
    declaration: Body = {"name": tool.name}
    if tool.description:
        declaration["description"] = tool.description
    if tool.input_schema:
        declaration["parametersJsonSchema"] = tool.input_schema
    return declaration
