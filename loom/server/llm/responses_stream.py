"""Answers on the OpenAI Responses wire, streamed and whole.

Source: https://developers.openai.com/api/reference/resources/responses/streaming-events
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from loom.core.errors import CodecError
from loom.core.llm import Completed, LlmError, LlmEvent, TextDelta, ThinkingDelta, ToolCallDelta
from loom.core.messages import Opaque, Usage
from loom.server.llm.answer import Answer, CallPart, Part, TextPart, ThinkingPart, WholePart
from loom.server.llm.chat_request import PROVIDER
from loom.server.llm.failures import Failures
from loom.server.llm.responses_request import PHASE
from loom.server.llm.stream import EventDecoder, shaped


class _InputDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(Struct):
    input_tokens: int = 0
    output_tokens: int = 0
    input_tokens_details: _InputDetails | None = None


class _Incomplete(Struct):
    reason: str | None = None


class _Response(Struct):
    model: str = ""
    status: str | None = None
    output: list[dict[str, Any]] = []
    usage: _Usage | None = None
    incomplete_details: _Incomplete | None = None
    error: dict[str, Any] | None = None


class _Event(Struct):
    """Any event: the fields of the kinds that matter here, absent in the others."""

    type: str = ""
    output_index: int = -1
    summary_index: int = 0
    delta: Any = ""
    item: dict[str, Any] | None = None
    response: _Response | None = None


_event = msgspec.json.Decoder(_Event)
_response = msgspec.json.Decoder(_Response)
P = TypeVar("P", bound=Part)


class ResponsesDecoder(EventDecoder):
    """Decodes a Responses stream. Its parts are found by the output index the wire gives."""

    def __init__(self, answer: Answer, failures: Failures) -> None:
        super().__init__(answer, failures)
        self._items: dict[int, Part] = {}
        self._summaries: dict[int, int] = {}

    def _accept(self, name: str, data: bytes) -> Iterable[LlmEvent]:
        if not data or data.startswith(b"[DONE]"):
            return ()
        event = shaped(_event, data)
        accept = _ACCEPT.get(event.type or name)
        return accept(self, event, data) if accept else ()

    def _text(self, event: _Event, data: bytes) -> Iterable[LlmEvent]:
        piece = _piece(event)
        part = self._items.get(event.output_index)
        if not isinstance(part, TextPart):
            part = self._put(event.output_index, TextPart())
        part.pieces.append(piece)
        return (TextDelta(piece),)

    def _thought(self, event: _Event, data: bytes) -> Iterable[LlmEvent]:
        piece = _piece(event)
        part = self._items.get(event.output_index)
        if not isinstance(part, ThinkingPart):
            part = self._put(event.output_index, ThinkingPart(PROVIDER))
        if event.summary_index != self._summaries.setdefault(
            event.output_index, event.summary_index
        ):
            self._summaries[event.output_index] = event.summary_index
            piece = "\n\n" + piece
        part.pieces.append(piece)
        return (ThinkingDelta(piece),)

    def _arguments(self, event: _Event, data: bytes) -> Iterable[LlmEvent]:
        part = self._items.get(event.output_index)
        if not isinstance(part, CallPart):
            raise CodecError(f"arguments for output {event.output_index}, which is no call")
        piece = _piece(event)
        part.pieces.append(piece)
        return (ToolCallDelta(part.id, part.name, piece),)

    def _added(self, event: _Event, data: bytes) -> Iterable[LlmEvent]:
        item = event.item or {}
        if item.get("type") == "message" and item.get("phase"):
            self._answer.parts.append(_phase(item))
        if item.get("type") != "function_call":
            return ()
        part = self._put(event.output_index, _call(item))
        return (ToolCallDelta(part.id, part.name, ""),)

    def _done(self, event: _Event, data: bytes) -> Iterable[LlmEvent]:
        """The finished item: what no delta told is taken from it."""
        item = event.item or {}
        part = self._items.get(event.output_index)
        if item.get("type") == "reasoning":
            self._answer.parts.append(WholePart(Opaque(PROVIDER, item)))
        elif isinstance(part, CallPart) and not part.pieces:
            part.pieces.append(_string(item, "arguments"))
        elif part is None:
            return self._late(event.output_index, item)
        return ()

    def _late(self, index: int, item: dict[str, Any]) -> Iterable[LlmEvent]:
        for part in _parts(item):
            self._put(index, part)
            if isinstance(part, CallPart):
                yield ToolCallDelta(part.id, part.name, "".join(part.pieces))
            elif isinstance(part, TextPart):
                yield TextDelta("".join(part.pieces))

    def _ended(self, event: _Event, data: bytes) -> Iterable[LlmEvent]:
        response = event.response or _Response()
        if not self._answer.parts:
            for index, item in enumerate(response.output):
                yield from self._late(index, item)
        yield _completed(self._answer, response)

    def _failed(self, event: _Event, data: bytes) -> Iterable[LlmEvent]:
        return (_failure(event.response or _Response(), self._failures),)

    def _error(self, event: _Event, data: bytes) -> Iterable[LlmEvent]:
        return (self._failures.streamed(data),)

    def _put(self, index: int, part: P) -> P:
        self._items[index] = part
        self._answer.parts.append(part)
        return part


_Accept = Callable[[ResponsesDecoder, _Event, bytes], Iterable[LlmEvent]]
_ACCEPT: dict[str, _Accept] = {
    "response.output_text.delta": ResponsesDecoder._text,
    "response.refusal.delta": ResponsesDecoder._text,
    "response.reasoning_summary_text.delta": ResponsesDecoder._thought,
    "response.reasoning_text.delta": ResponsesDecoder._thought,
    "response.function_call_arguments.delta": ResponsesDecoder._arguments,
    "response.output_item.added": ResponsesDecoder._added,
    "response.output_item.done": ResponsesDecoder._done,
    "response.completed": ResponsesDecoder._ended,
    "response.incomplete": ResponsesDecoder._ended,
    "response.failed": ResponsesDecoder._failed,
    "error": ResponsesDecoder._error,
}


def responses_response(body: bytes, answer: Answer, failures: Failures) -> Completed | LlmError:
    """A whole response; one that failed is an error though its status was 200.

    Raises:
        CodecError: it is no response.
    """
    response = shaped(_response, body)
    if response.error:
        return _failure(response, failures)
    for item in response.output:
        answer.parts.extend(_parts(item))
    return _completed(answer, response)


def _failure(response: _Response, failures: Failures) -> LlmError:
    return failures.streamed(msgspec.json.encode({"error": response.error or {}}))


def _piece(event: _Event) -> str:
    if not isinstance(event.delta, str):
        raise CodecError(f"a delta of {event.type} that is no text")
    return event.delta


def _completed(answer: Answer, response: _Response) -> Completed:
    answer.model = response.model or answer.model
    if (usage := response.usage) is not None:
        details = usage.input_tokens_details or _InputDetails()
        read, written = details.cached_tokens or 0, details.cache_write_tokens or 0
        fresh = max(usage.input_tokens - read - written, 0)
        answer.usage = Usage(fresh, usage.output_tokens, read, written)
    reason = (response.incomplete_details or _Incomplete()).reason or ""
    stops = {"max_output_tokens": "max_tokens", "content_filter": "refusal"}
    return answer.completed(reason or response.status or "completed", stops.get(reason, ""))


def _parts(item: dict[str, Any]) -> list[Part]:
    """The parts of a finished output item; kinds Loom never asked for come to nothing."""
    kind = item.get("type")
    if kind == "function_call":
        call = _call(item)
        call.pieces.append(_string(item, "arguments"))
        return [call]
    if kind == "reasoning":
        thinking = ThinkingPart(PROVIDER)
        thinking.pieces.append("\n\n".join(_texts(item.get("summary"))))
        return [thinking, WholePart(Opaque(PROVIDER, item))]
    if kind == "message":
        text = TextPart()
        text.pieces.extend(_texts(item.get("content")))
        return [_phase(item), text] if item.get("phase") else [text]
    return []


def _call(item: dict[str, Any]) -> CallPart:
    return CallPart(_string(item, "call_id") or _string(item, "id"), _string(item, "name"))


def _phase(item: dict[str, Any]) -> WholePart:
    return WholePart(Opaque(PROVIDER, {"type": PHASE, "phase": _string(item, "phase")}))


def _texts(pieces: Any) -> list[str]:
    """The texts of content or summary pieces, refusals included."""
    if not isinstance(pieces, list):
        return []
    dicts = [piece for piece in pieces if isinstance(piece, dict)]
    return [_string(piece, "text") or _string(piece, "refusal") for piece in dicts]


def _string(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
