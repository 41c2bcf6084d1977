"""The Anthropic Messages wire, also as Vertex carries it for Claude."""

import json
from itertools import count
from typing import Any, Literal

from anthropic.types import (
    InputJSONDelta,
    Message,
    MessageDeltaUsage,
    MessageTokensCount,
    ModelInfo,
    RawContentBlockDeltaEvent,
    RawContentBlockStartEvent,
    RawContentBlockStopEvent,
    RawMessageDeltaEvent,
    RawMessageStartEvent,
    RawMessageStopEvent,
    SignatureDelta,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
    Usage,
)
from anthropic.types.message_count_tokens_params import MessageCountTokensParams
from anthropic.types.message_create_params import (
    MessageCreateParamsNonStreaming,
    MessageCreateParamsStreaming,
)
from anthropic.types.raw_message_delta_event import Delta
from pydantic import BaseModel, TypeAdapter

from tests.fakes.providers.script import Asked, Call, Part, Refusal, Say, Think, Turn
from tests.fakes.providers.validation import BadRequest, check
from tests.fakes.providers.wire import sse, text_of

_STREAMING: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsStreaming)
_WHOLE: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsNonStreaming)
_COUNT: TypeAdapter[Any] = TypeAdapter(MessageCountTokensParams)
VERSIONS = ("2026-10-21", "2023-06-01", "vertex-2023-10-16")


class MessagesWire:
    """Anthropic Messages. `is_vertex`: the model is in the path and the version in the body."""

    closing = 2

    def __init__(self, *, is_vertex: bool = False) -> None:
        self._is_vertex = is_vertex
        self._numbers = count(1)

    def asked(self, body: dict[str, Any]) -> Asked:
        if self._is_vertex:
            body = dict(body)
            if body.pop("anthropic_version", None) not in VERSIONS or "model" in body:
                raise BadRequest("anthropic_version: required, and model must be in the path")
            body["model"] = "from-the-path"
        check(_STREAMING if body.get("stream") else _WHOLE, body)
        _check_turns(body["messages"])
        last = body["messages"][-1]["content"]
        blocks = last if isinstance(last, list) else [{"type": "text", "text": last}]
        return Asked(
            "claude-on-vertex" if self._is_vertex else "anthropic",
            body["model"],
            bool(body.get("stream")),
            tuple(tool["name"] for tool in body.get("tools", ())),
            text_of([block for block in blocks if block["type"] == "text"]),
            tuple(text_of(b.get("content", "")) for b in blocks if b["type"] == "tool_result"),
        )

    def stream(self, turn: Turn, model: str) -> list[bytes]:
        message = self._message(turn, model)
        tokens = turn.tokens
        opening = message.model_copy(
            update={"content": [], "stop_reason": None, "usage": _usage(turn, 1)}
        )
        events: list[BaseModel] = [RawMessageStartEvent(message=opening, type="message_start")]
        for index, (part, block) in enumerate(zip(turn.parts, message.content, strict=True)):
            events += _block_events(index, part, block)
        events.append(
            RawMessageDeltaEvent(
                delta=Delta(stop_reason=message.stop_reason),
                type="message_delta",
                usage=MessageDeltaUsage(output_tokens=tokens.output),
            )
        )
        events.append(RawMessageStopEvent(type="message_stop"))
        chunks = [_sse(event) for event in events]
        chunks.insert(1, sse('{"type": "ping"}', "ping"))
        return chunks

    def whole(self, turn: Turn, model: str) -> bytes:
        return self._message(turn, model).model_dump_json().encode()

    def error_event(self) -> bytes:
        error = {"type": "overloaded_error", "message": "Overloaded"}
        return sse(json.dumps({"type": "error", "error": error}), "error")

    def refusal(self, refusal: Refusal) -> bytes:
        error = {"type": refusal.kind, "message": refusal.message}
        body = {"type": "error", "error": error, "request_id": "req_fake"}
        return json.dumps(body).encode()

    def _message(self, turn: Turn, model: str) -> Message:
        return Message(
            id=f"msg_fake{next(self._numbers)}",
            content=[self._block(part) for part in turn.parts],
            model=model,
            role="assistant",
            stop_reason=_stop(turn),
            type="message",
            usage=_usage(turn, turn.tokens.output),
        )

    def _block(self, part: Part) -> TextBlock | ThinkingBlock | ToolUseBlock:
        if isinstance(part, Say):
            return TextBlock(text=part.text, type="text")
        if isinstance(part, Think):
            return ThinkingBlock(signature=part.signature, thinking=part.text, type="thinking")
        call_id = part.id or f"toolu_fake{next(self._numbers)}"
        return ToolUseBlock(id=call_id, input=part.input, name=part.name, type="tool_use")


def count_tokens(body: dict[str, Any]) -> bytes:
    """The answer of `/v1/messages/count_tokens`. Raises BadRequest."""
    check(_COUNT, body)
    return MessageTokensCount(input_tokens=len(json.dumps(body)) // 4).model_dump_json().encode()


def models() -> bytes:
    """The answer of `/v1/models`."""
    info = ModelInfo.model_validate(
        {
            "id": "claude-sonnet-5-5",
            "created_at": "2026-09-01T00:00:00Z",
            "display_name": "Claude Sonnet 5.5",
            "lifecycle": "active",
            "type": "model",
        }
    )
    page = {"data": [info.model_dump(mode="json")], "has_more": False, "first_id": info.id}
    return json.dumps({**page, "last_id": info.id}).encode()


def _usage(turn: Turn, output: int) -> Usage:
    return Usage(
        input_tokens=turn.tokens.input,
        output_tokens=output,
        cache_read_input_tokens=turn.tokens.cache_read,
        cache_creation_input_tokens=turn.tokens.cache_write,
    )


def _stop(turn: Turn) -> Literal["end_turn", "max_tokens", "tool_use", "refusal"]:
    if turn.stop == "max_tokens":
        return "max_tokens"
    if turn.stop == "refusal":
        return "refusal"
    return "tool_use" if turn.calls else "end_turn"


def _block_events(index: int, part: Part, block: Any) -> list[BaseModel]:
    emptied = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}}
    opening = block.model_copy(update=emptied.get(block.type, {"input": {}}))
    deltas: list[Any] = [_delta(part, piece) for piece in part.pieces]
    if isinstance(part, Think):
        deltas.append(SignatureDelta(signature=part.signature, type="signature_delta"))
    return [
        RawContentBlockStartEvent(content_block=opening, index=index, type="content_block_start"),
        *(
            RawContentBlockDeltaEvent(delta=delta, index=index, type="content_block_delta")
            for delta in deltas
        ),
        RawContentBlockStopEvent(index=index, type="content_block_stop"),
    ]


def _delta(part: Part, piece: str) -> TextDelta | ThinkingDelta | InputJSONDelta:
    if isinstance(part, Say):
        return TextDelta(text=piece, type="text_delta")
    if isinstance(part, Call):
        return InputJSONDelta(partial_json=piece, type="input_json_delta")
    return ThinkingDelta(thinking=piece, type="thinking_delta")


def _sse(event: BaseModel) -> bytes:
    return sse(event.model_dump_json(), event.type)  # type: ignore[attr-defined]  # every event has one


def _check_turns(messages: list[dict[str, Any]]) -> None:
    """The API's rules on order that types cannot tell."""
    open_calls: list[str] = []
    for place, message in enumerate(messages):
        blocks = message["content"]
        blocks = blocks if isinstance(blocks, list) else [{"type": "text", "text": blocks}]
        if any(b["type"] == "text" and not b["text"].strip() for b in blocks):
            raise BadRequest(f"messages.{place}: text content blocks must be non-empty")
        results = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        if sorted(results) != sorted(open_calls):
            raise BadRequest(f"messages.{place}: `tool_use` ids without `tool_result` blocks")
        open_calls = [b["id"] for b in blocks if b["type"] == "tool_use"]
    if messages[0]["role"] != "user" or messages[-1]["role"] != "user":
        raise BadRequest("messages: the conversation must begin and end with a user message")
