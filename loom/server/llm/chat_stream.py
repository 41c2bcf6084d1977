"""Answers on the OpenAI chat completions wire, streamed and whole, also from its imitators.

Imitators leave out usage, call ids, indexes or the final `[DONE]`; what they leave out is made up
where it can be, and a finish reason counts as the end.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec import Struct

from loom.core.errors import CodecError
from loom.core.llm import Completed, LlmEvent, TextDelta, ThinkingDelta, ToolCallDelta
from loom.core.messages import Usage
from loom.server.llm.answer import Answer, CallPart
from loom.server.llm.chat_request import PROVIDER
from loom.server.llm.failures import Failures
from loom.server.llm.stream import EventDecoder, shaped

_STOP_REASONS = {
    "stop": "end_turn",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "length": "max_tokens",
    "content_filter": "refusal",
}


class _Function(Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _Call(Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(Struct):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(Struct):
    index: int = 0
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _PromptDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: _Usage | None = None
    error: Any = None


_chunk = msgspec.json.Decoder(_Chunk)


class ChatDecoder(EventDecoder):
    """Decodes a stream of chat completion chunks.

    Args:
        new_id: makes an id for a call that came without one.
    """

    def __init__(self, answer: Answer, failures: Failures, new_id: Callable[[], str]) -> None:
        super().__init__(answer, failures)
        self._calls = _Calls(answer, new_id)
        self._finish_reason = ""

    def _accept(self, name: str, data: bytes) -> Iterable[LlmEvent]:
        if data.startswith(b"[DONE]"):
            return (_completed(self._answer, self._finish_reason),)
        if not data:
            return ()
        chunk = shaped(_chunk, data)
        if _is_error(name, chunk):
            return (self._failures.streamed(data),)
        _note(self._answer, chunk)
        events: list[LlmEvent] = []
        for choice in chunk.choices or ():
            if choice.index == 0:
                self._finish_reason = choice.finish_reason or self._finish_reason
                if choice.delta is not None:
                    events += self._calls.said(choice.delta)
        return events

    def _at_end(self) -> LlmEvent:
        """A finish reason was the end; without one the stream was cut."""
        if self._finish_reason:
            return _completed(self._answer, self._finish_reason)
        return super()._at_end()


class _Calls:
    """Adds deltas to the answer, and tells which call a piece of arguments belongs to."""

    def __init__(self, answer: Answer, new_id: Callable[[], str]) -> None:
        self._answer = answer
        self._new_id = new_id
        self._by_index: dict[int, CallPart] = {}
        self._last: CallPart | None = None

    def said(self, delta: _Delta) -> list[LlmEvent]:
        """The events of one delta, whose pieces are kept."""
        events: list[LlmEvent] = []
        if thought := delta.reasoning_content or delta.reasoning:
            self._answer.thinking(PROVIDER).pieces.append(thought)
            events.append(ThinkingDelta(thought))
        if text := delta.content or delta.refusal:
            self._answer.text().pieces.append(text)
            events.append(TextDelta(text))
        events.extend(self._called(call) for call in delta.tool_calls or ())
        return events

    def _called(self, call: _Call) -> ToolCallDelta:
        function = call.function or _Function()
        part = self._known(call, function) or self._begun(call, function)
        fragment = function.arguments or ""
        if isinstance(fragment, dict):
            fragment = msgspec.json.encode(fragment).decode()
        part.pieces.append(fragment)
        return ToolCallDelta(part.id, part.name, fragment)

    def _known(self, call: _Call, function: _Function) -> CallPart | None:
        """The call that this piece continues; a new id with a name begins another."""
        part = self._last if call.index is None else self._by_index.get(call.index)
        if part is not None and function.name and call.id and call.id != part.id:
            return None
        if part is not None and call.index is None and function.name:
            return None
        return part

    def _begun(self, call: _Call, function: _Function) -> CallPart:
        part = CallPart(call.id or self._new_id(), function.name or "")
        self._answer.parts.append(part)
        self._last = part
        if call.index is not None:
            self._by_index[call.index] = part
        return part


def chat_response(body: bytes, answer: Answer, new_id: Callable[[], str]) -> Completed:
    """A whole chat completion. Raises CodecError."""
    chunk = shaped(_chunk, body)
    if not chunk.choices or chunk.choices[0].message is None:
        raise CodecError("an answer without choices")
    _note(answer, chunk)
    _Calls(answer, new_id).said(chunk.choices[0].message)
    return _completed(answer, chunk.choices[0].finish_reason or "")


def _is_error(name: str, chunk: _Chunk) -> bool:
    return name == "error" or bool(chunk.error)


def _note(answer: Answer, chunk: _Chunk) -> None:
    answer.model = chunk.model or answer.model
    if (usage := chunk.usage) is not None:
        details = usage.prompt_tokens_details or _PromptDetails()
        read, written = details.cached_tokens or 0, details.cache_write_tokens or 0
        fresh = max((usage.prompt_tokens or 0) - read - written, 0)
        answer.usage = Usage(fresh, usage.completion_tokens or 0, read, written)


def _completed(answer: Answer, finish_reason: str) -> Completed:
    return answer.completed(finish_reason, _STOP_REASONS.get(finish_reason, ""))
