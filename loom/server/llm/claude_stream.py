"""Answers on the Anthropic Messages wire, streamed and whole.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from loom.core.errors import CodecError
from loom.core.llm import Completed, LlmEvent, TextDelta, ThinkingDelta, ToolCallDelta
from loom.core.messages import Opaque, Usage
from loom.server.llm.answer import Answer, CallPart, Part, TextPart, ThinkingPart, WholePart
from loom.server.llm.claude_request import PROVIDER
from loom.server.llm.failures import Failures
from loom.server.llm.stream import EventDecoder, decoded, shaped

_STOP_REASONS = {
    "end_turn": "end_turn",
    "pause_turn": "end_turn",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
}


class _Created(Struct, frozen=True):
    ephemeral_1h_input_tokens: int | None = None


class _Usage(Struct, frozen=True):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: _Created | None = None


class _Message(Struct):
    model: str = ""
    content: list[dict[str, Any]] = []
    stop_reason: str | None = None
    usage: _Usage = _Usage()


class _MessageStart(Struct, tag="message_start"):
    message: _Message


class _BlockStart(Struct, tag="content_block_start"):
    index: int
    content_block: dict[str, Any]


class _TextDelta(Struct, tag="text_delta"):
    text: str


class _InputDelta(Struct, tag="input_json_delta"):
    partial_json: str


class _ThinkingDelta(Struct, tag="thinking_delta"):
    thinking: str


class _SignatureDelta(Struct, tag="signature_delta"):
    signature: str


class _CitationsDelta(Struct, tag="citations_delta"):
    pass


class _BlockDelta(Struct, tag="content_block_delta"):
    index: int
    delta: _TextDelta | _InputDelta | _ThinkingDelta | _SignatureDelta | _CitationsDelta


class _BlockStop(Struct, tag="content_block_stop"):
    index: int


class _Stop(Struct):
    stop_reason: str | None = None


class _MessageDelta(Struct, tag="message_delta"):
    delta: _Stop
    usage: _Usage = _Usage()


class _MessageStop(Struct, tag="message_stop"):
    pass


class _Ping(Struct, tag="ping"):
    pass


class _Error(Struct, tag="error"):
    pass


_Event = (
    _BlockDelta
    | _BlockStart
    | _BlockStop
    | _MessageStart
    | _MessageDelta
    | _MessageStop
    | _Ping
    | _Error
)
_events: "msgspec.json.Decoder[_Event]" = msgspec.json.Decoder(_Event)
_message = msgspec.json.Decoder(_Message)
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_EVENT_TYPES = frozenset(
    {
        "content_block_delta",
        "content_block_start",
        "content_block_stop",
        "message_start",
        "message_delta",
        "message_stop",
        "ping",
        "error",
    }
)
_DELTA_TYPES = frozenset({"text_delta", "input_json_delta", "thinking_delta", "signature_delta"})


class ClaudeDecoder(EventDecoder):
    """Decodes a Messages stream. Its parts are found by the block index the wire gives."""

    def __init__(self, answer: Answer, failures: Failures) -> None:
        super().__init__(answer, failures)
        self._blocks: dict[int, Part] = {}
        self._finish_reason = ""

    def _accept(self, name: str, data: bytes) -> Iterable[LlmEvent]:
        event = _event(data)
        if isinstance(event, _BlockDelta):
            return self._delta(event)
        match event:
            case _BlockStart():
                return self._start(event)
            case _MessageStart():
                self._answer.model = event.message.model or self._answer.model
                self._answer.usage = _updated(self._answer.usage, event.message.usage)
            case _MessageDelta():
                self._finish_reason = event.delta.stop_reason or self._finish_reason
                self._answer.usage = _updated(self._answer.usage, event.usage)
            case _MessageStop():
                return (_completed(self._answer, self._finish_reason),)
            case _Error():
                return (self._failures.streamed(data),)
        return ()

    def _start(self, event: _BlockStart) -> Iterable[LlmEvent]:
        part = _part(event.content_block)
        self._blocks[event.index] = part
        self._answer.parts.append(part)
        if isinstance(part, CallPart):
            return (ToolCallDelta(part.id, part.name, ""),)
        if isinstance(part, TextPart) and part.pieces:
            return (TextDelta(part.pieces[0]),)
        return ()

    def _delta(self, event: _BlockDelta) -> Iterable[LlmEvent]:
        part = self._blocks.get(event.index)
        delta = event.delta
        if isinstance(part, TextPart) and isinstance(delta, _TextDelta):
            part.pieces.append(delta.text)
            return (TextDelta(delta.text),)
        if isinstance(part, CallPart) and isinstance(delta, _InputDelta):
            part.pieces.append(delta.partial_json)
            return (ToolCallDelta(part.id, part.name, delta.partial_json),)
        if isinstance(part, ThinkingPart) and isinstance(delta, _ThinkingDelta):
            part.pieces.append(delta.thinking)
            return (ThinkingDelta(delta.thinking),)
        if isinstance(part, ThinkingPart) and isinstance(delta, _SignatureDelta):
            part.signature = delta.signature
        elif part is None:
            raise CodecError(f"a delta for content block {event.index}, which never began")
        return ()


def claude_response(body: bytes, answer: Answer) -> Completed:
    """A whole Messages answer. Raises CodecError."""
    message = shaped(_message, body)
    answer.model = message.model or answer.model
    answer.usage = _updated(answer.usage, message.usage)
    answer.parts.extend(map(_part, message.content))
    return _completed(answer, message.stop_reason or "")


def _completed(answer: Answer, finish_reason: str) -> Completed:
    return answer.completed(finish_reason, _STOP_REASONS.get(finish_reason, ""))


def _updated(usage: Usage, told: _Usage) -> Usage:
    """`usage` with the fields that were told: the API's counts are cumulative, not additional."""

    def latest(new: int | None, old: int) -> int:
        return old if new is None else new

    created = told.cache_creation
    long = None if created is None else created.ephemeral_1h_input_tokens
    return Usage(
        latest(told.input_tokens, usage.input_tokens),
        latest(told.output_tokens, usage.output_tokens),
        latest(told.cache_read_input_tokens, usage.cache_read_tokens),
        latest(told.cache_creation_input_tokens, usage.cache_write_tokens),
        latest(long, usage.cache_write_long_tokens),
    )


def _part(block: dict[str, Any]) -> Part:
    """The part that a content block begins; kinds Loom never asked for are kept as they are."""
    kind = block.get("type")
    if kind == "text":
        text = TextPart()
        text.pieces.extend([piece] if (piece := _string(block, "text")) else [])
        return text
    if kind == "thinking":
        thinking = ThinkingPart(PROVIDER, _string(block, "signature"))
        thinking.pieces.append(_string(block, "thinking"))
        return thinking
    if kind == "tool_use":
        given = block.get("input")
        given = given if isinstance(given, dict) else None
        return CallPart(_string(block, "id"), _string(block, "name"), given)
    return WholePart(Opaque(PROVIDER, block))


def _string(block: dict[str, Any], key: str) -> str:
    value = block.get(key)
    return value if isinstance(value, str) else ""


def _event(data: bytes) -> _Event | None:
    """The event, or None for a kind that a newer API added. Raises CodecError."""
    try:
        return decoded(_events, data)
    except msgspec.ValidationError as error:
        if _is_newer(decoded(_anything, data)):
            return None
        raise CodecError(f"unexpected shape: {error}") from error


def _is_newer(tree: Any) -> bool:
    kind = tree.get("type") if isinstance(tree, dict) else None
    if kind == "content_block_delta" and isinstance(tree.get("delta"), dict):
        delta = tree["delta"].get("type")
        return isinstance(delta, str) and delta not in _DELTA_TYPES
    return isinstance(kind, str) and kind not in _EVENT_TYPES
