"""A request on the Anthropic Messages wire, for Anthropic itself and for Claude on Vertex.

Source: https://platform.claude.com/docs/en/api/messages
"""

import re
from typing import Any

from loom.core.llm import LlmRequest
from loom.core.messages import Image, Opaque, Text, Thinking, ToolCall, ToolDefinition, ToolResult
from loom.server.llm.conversation import AssistantTurn, Conversation, UserTurn, conversation

PROVIDER = "anthropic"
"""Whose reasoning is replayed: Claude's signatures are valid on every platform it runs on."""

DEFAULT_MAX_TOKENS = 16_384
_OLD_MAX_TOKENS = 4_096
_LEAST_THINKING = 1_024
_CACHED = {"type": "ephemeral"}

Body = dict[str, Any]


def claude_body(request: LlmRequest, model: str, *, stream: bool) -> Body:
    """The body of `POST /v1/messages`.

    `temperature` is never sent: the API has no such parameter since version 2026-10-21. Four
    cache breakpoints are set, as many as are allowed: tools, system, the last two user turns.
    """
    history = conversation(request.messages, PROVIDER)
    max_tokens = request.max_tokens or _default_max_tokens(model)
    body: Body = {
        "model": model,
        "max_tokens": max_tokens,
        "messages": _messages(history),
        "stream": stream,
    }
    if history.system:
        body["system"] = [{"type": "text", "text": history.system, "cache_control": _CACHED}]
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        body["tools"][-1]["cache_control"] = _CACHED
    if request.thinking_tokens:
        body |= _thinking(model, request.thinking_tokens, max_tokens, history)
    return body


def claude_version(model: str) -> tuple[int, int]:
    """Major and minor of a model's name, (0, 0) when it names none.

    `claude-3-7-sonnet-20250219` is (3, 7), `claude-opus-5` is (5, 0).
    """
    match = re.search(r"claude-(?:[a-z]+-)?(\d{1,2})(?:-(\d{1,2}))?(?!\d)", model)
    return (int(match[1]), int(match[2] or 0)) if match else (0, 0)


def _default_max_tokens(model: str) -> int:
    return _OLD_MAX_TOKENS if claude_version(model)[0] in (1, 2, 3) else DEFAULT_MAX_TOKENS


def _thinking(model: str, budget: int, max_tokens: int, history: Conversation) -> Body:
    """Models from 4.6 on decide for themselves how much to think; older ones take a budget."""
    version = claude_version(model)
    if version >= (4, 6) or version == (0, 0):
        effort = "low" if budget <= 2_048 else "medium" if budget <= 8_192 else "high"
        return {
            "thinking": {"type": "adaptive", "display": "summarized"},
            "output_config": {"effort": effort},
        }
    budget = min(max(budget, _LEAST_THINKING), max_tokens - _LEAST_THINKING)
    if version < (3, 7) or budget < _LEAST_THINKING or _is_within_foreign_turn(history):
        return {}
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _is_within_foreign_turn(history: Conversation) -> bool:
    """Whether tools are answering a call without its reasoning: budgeted thinking refuses that."""
    last = history.turns[-1]
    if not (isinstance(last, UserTurn) and last.results):
        return False
    before = history.turns[-2]
    return isinstance(before, AssistantTurn) and not isinstance(
        before.content[0], (Thinking, Opaque)
    )


def _messages(history: Conversation) -> list[Body]:
    messages: list[Body] = [
        {"role": "user", "content": _user(turn)}
        if isinstance(turn, UserTurn)
        else {"role": "assistant", "content": [_spoken(block) for block in turn.content]}
        for turn in history.turns
    ]
    for message in messages[-1::-2][:2]:
        message["content"][-1]["cache_control"] = _CACHED
    return messages


def _user(turn: UserTurn) -> list[Body]:
    return [*map(_result, turn.results), *map(_heard, turn.content)]


def _heard(block: Text | Image) -> Body:
    if isinstance(block, Text):
        return {"type": "text", "text": block.text}
    source = {"type": "base64", "media_type": block.media_type, "data": block.data}
    return {"type": "image", "source": source}


def _result(result: ToolResult) -> Body:
    body: Body = {"type": "tool_result", "tool_use_id": result.tool_use_id}
    if result.content:
        body["content"] = [_heard(block) for block in result.content]
    if result.is_error:
        body["is_error"] = True
    return body


def _spoken(block: Text | Thinking | ToolCall | Opaque) -> Body:
    match block:
        case Text():
            return {"type": "text", "text": block.text}
        case Thinking():
            return {"type": "thinking", "thinking": block.text, "signature": block.signature}
        case ToolCall():
            return {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}
        case Opaque():
            return dict(block.data)


def _tool(tool: ToolDefinition) -> Body:
    body: Body = {
        "name": tool.name,
        "input_schema": tool.input_schema or {"type": "object", "properties": {}},
    }
    if tool.description:
        body["description"] = tool.description
    return body
