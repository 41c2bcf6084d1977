"""Answers on the Gemini wire of Vertex AI, streamed (`alt=sse`) and whole.

The wire has no terminal event: a finish reason, then the stream's end. Function calls come whole,
and often without an id.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from loom.core.errors import CodecError
from loom.core.llm import Completed, LlmError, LlmEvent, TextDelta, ThinkingDelta, ToolCallDelta
from loom.core.messages import Usage
from loom.server.llm.answer import Answer, CallPart, ThinkingPart
from loom.server.llm.failures import Failures
from loom.server.llm.gemini_request import PROVIDER
from loom.server.llm.stream import EventDecoder, shaped

_REFUSALS = frozenset(
    {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "LANGUAGE"}
)
_BROKEN = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"})


class _Call(Struct, rename="camel"):
    name: str = ""
    args: dict[str, Any] | None = None
    id: str | None = None


class _Part(Struct, rename="camel"):
    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: _Call | None = None


class _Content(Struct):
    parts: list[_Part] | None = None


class _Candidate(Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None
    index: int = 0


class _Usage(Struct, rename="camel"):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    cached_content_token_count: int | None = None


class _Feedback(Struct, rename="camel"):
    block_reason: str | None = None
    block_reason_message: str | None = None


class _Response(Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    model_version: str | None = None
    usage_metadata: _Usage | None = None
    prompt_feedback: _Feedback | None = None
    error: Any = None


_response = msgspec.json.Decoder(_Response)


class GeminiDecoder(EventDecoder):
    """Decodes a stream of GenerateContentResponses.

    Args:
        new_id: makes an id for a call that came without one.
    """

    def __init__(self, answer: Answer, failures: Failures, new_id: Callable[[], str]) -> None:
        super().__init__(answer, failures)
        self._reader = _Reader(answer, failures, new_id)

    def _accept(self, name: str, data: bytes) -> Iterable[LlmEvent]:
        response = shaped(_response, data)
        if response.error or name == "error":
            return (self._failures.streamed(data),)
        return self._reader.events(response)

    def _at_end(self) -> LlmEvent:
        return self._reader.terminal() or super()._at_end()


class _Reader:
    """Adds responses to the answer and remembers how it ended."""

    def __init__(self, answer: Answer, failures: Failures, new_id: Callable[[], str]) -> None:
        self._answer = answer
        self._failures = failures
        self._new_id = new_id
        self._finish_reason = ""
        self._finish_message = ""

    def events(self, response: _Response) -> Iterator[LlmEvent]:
        """The deltas of one response, or the error of a blocked prompt."""
        _note(self._answer, response)
        for candidate in response.candidates or ():
            if candidate.index == 0:
                self._finish_reason = candidate.finish_reason or self._finish_reason
                self._finish_message = candidate.finish_message or self._finish_message
                for part in (candidate.content and candidate.content.parts) or ():
                    yield from self._part(part)
        blocked = response.prompt_feedback and response.prompt_feedback.block_reason
        if blocked and not response.candidates:
            yield self._failures.refused(f"refused the prompt ({blocked}).")

    def terminal(self) -> Completed | LlmError | None:
        """The terminal event, or None while there is no finish reason."""
        reason = self._finish_reason
        if not reason:
            return None
        if reason in _BROKEN:
            text = f"broke off its answer ({reason}). {self._finish_message}"
            return self._failures.unusable(text)
        stop = "refusal" if reason in _REFUSALS else ""
        return self._answer.completed(reason, "max_tokens" if reason == "MAX_TOKENS" else stop)

    def _part(self, part: _Part) -> Iterator[LlmEvent]:
        if part.function_call is not None:
            yield self._called(part.function_call, part.thought_signature or "")
        elif part.thought:
            if part.text:
                self._answer.thinking(PROVIDER).pieces.append(part.text)
                yield ThinkingDelta(part.text)
        else:
            if part.text:
                self._answer.text().pieces.append(part.text)
                yield TextDelta(part.text)
            if part.thought_signature:
                self._answer.parts.append(ThinkingPart(PROVIDER, part.thought_signature))

    def _called(self, call: _Call, signature: str) -> ToolCallDelta:
        part = CallPart(call.id or self._new_id(), call.name)
        part.signature = signature
        part.pieces.append(msgspec.json.encode(call.args or {}).decode())
        self._answer.parts.append(part)
        return ToolCallDelta(part.id, part.name, part.pieces[0])


def gemini_response(
    body: bytes, answer: Answer, failures: Failures, new_id: Callable[[], str]
) -> Completed | LlmError:
    """A whole answer; a blocked prompt is an error though its status was 200. Raises CodecError."""
    reader = _Reader(answer, failures, new_id)
    for event in reader.events(shaped(_response, body)):
        if isinstance(event, LlmError):
            return event
    terminal = reader.terminal()
    if terminal is None:
        raise CodecError("an answer without a finished candidate")
    return terminal


def _note(answer: Answer, response: _Response) -> None:
    answer.model = response.model_version or answer.model
    if (usage := response.usage_metadata) is not None:
        read = usage.cached_content_token_count or 0
        prompt = (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0)
        written = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
        answer.usage = Usage(max(prompt - read, 0), written, read)
