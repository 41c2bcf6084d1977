"""What imitators of OpenAI leave out or do their own way."""

import json
from typing import Any

import pytest

from loom.core.llm import Completed, LlmError, LlmEvent, TextDelta, ThinkingDelta, ToolCallDelta
from loom.core.messages import ToolCall, Usage
from loom.redact import Redactor
from loom.server.llm.answer import Answer
from loom.server.llm.chat_stream import ChatDecoder
from loom.server.llm.failures import Failures


def decoded(*chunks: Any, done: bool = False) -> list[LlmEvent]:
    numbers = iter("123456789")
    failures = Failures("Local", Redactor())
    decoder = ChatDecoder(Answer("openai"), failures, lambda: f"new_{next(numbers)}")
    events: list[LlmEvent] = []
    for chunk in chunks:
        data = chunk if isinstance(chunk, bytes) else json.dumps(chunk).encode()
        events += decoder.feed(b"data: " + data + b"\n\n")
    if done:
        events += decoder.feed(b"data: [DONE]\n\n")
    return events + decoder.finish()


def delta(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def calls(*chunks: Any) -> tuple[ToolCall, ...]:
    end = decoded(*chunks, delta("tool_calls"))[-1]
    assert isinstance(end, Completed)
    return end.response.tool_calls


def test_finish_reason_without_done_is_an_end():
    end = decoded(delta(content="a"), delta("stop"))[-1]
    assert isinstance(end, Completed)
    assert end.response.message.stop_reason == "end_turn"


def test_done_without_a_finish_reason_is_an_end():
    end = decoded(delta(content="a"), done=True)[-1]
    assert isinstance(end, Completed)
    assert end.response.finish_reason == "end_turn"


def test_neither_is_a_truncation():
    end = decoded(delta(content="a"))[-1]
    assert isinstance(end, LlmError)
    assert end.kind == "transient"


def test_missing_usage_is_zero():
    end = decoded(delta("stop", content="a"), done=True)[-1]
    assert isinstance(end, Completed)
    assert end.response.usage == Usage()


def test_usage_after_the_finish_reason_is_counted():
    usage = {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": None}
    end = decoded(delta("stop"), {"choices": [], "usage": usage}, done=True)[-1]
    assert isinstance(end, Completed)
    assert end.response.usage == Usage(10, 3)


def test_call_without_an_id_gets_one():
    whole = {"index": 0, "function": {"name": "f", "arguments": '{"a":1}'}}
    assert calls(delta(tool_calls=[{**whole, "id": ""}, {**whole, "index": 1}])) == (
        ToolCall("new_1", "f", {"a": 1}),
        ToolCall("new_2", "f", {"a": 1}),
    )


def test_calls_without_an_index_are_told_apart():
    first = {"id": "a", "function": {"name": "f", "arguments": "{}"}}
    second = {"id": "b", "function": {"name": "g", "arguments": '{"x":'}}
    rest = {"function": {"arguments": "1}"}}
    assert calls(
        delta(tool_calls=[first]), delta(tool_calls=[second]), delta(tool_calls=[rest])
    ) == (
        ToolCall("a", "f"),
        ToolCall("b", "g", {"x": 1}),
    )


def test_calls_that_share_an_index_are_told_apart_by_id():
    first = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    second = {"index": 0, "id": "b", "function": {"name": "g", "arguments": "{}"}}
    assert [call.id for call in calls(delta(tool_calls=[first]), delta(tool_calls=[second]))] == [
        "a",
        "b",
    ]


def test_arguments_as_an_object_are_taken():
    whole = {"index": 0, "id": "a", "function": {"name": "f", "arguments": {"x": 1}}}
    assert calls(delta(tool_calls=[whole])) == (ToolCall("a", "f", {"x": 1}),)


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_reasoning_is_shown_and_never_signed(key: str):
    first, *_, end = decoded(delta(**{key: "hm"}), delta("stop", content="a"))
    assert first == ThinkingDelta("hm")
    assert isinstance(end, Completed)
    assert end.response.message.text == "a"


def test_other_choices_and_unknown_keys_are_passed_over():
    other = {"choices": [{"index": 1, "delta": {"content": "b"}}], "x": {"y": 1}}
    events = decoded(other, delta("stop", content="a", foo=None))
    assert [event for event in events if isinstance(event, TextDelta)] == [TextDelta("a")]


def test_surrogate_pair_cut_in_two_events_does_not_end_the_stream():
    first, second, end = decoded(
        b'{"choices":[{"delta":{"content":"a\\ud83d"}}]}',
        b'{"choices":[{"delta":{"content":"\\ude00b"},"finish_reason":"stop"}]}',
    )
    assert (first, second) == (TextDelta("a\ufffd"), TextDelta("\ufffdb"))
    assert isinstance(end, Completed)


@pytest.mark.parametrize("data", [b"x", b"[]", b"[" * 100_000, b'"\xff"', b'{"choices": 1}'])
def test_what_is_no_chunk_is_an_invalid_response(data: bytes):
    (end,) = decoded(data)
    assert isinstance(end, LlmError)
    assert end.kind == "invalid_response"


def test_event_of_more_than_16_mb_is_an_invalid_response_before_it_is_whole():
    decoder = ChatDecoder(Answer("openai"), Failures("Local", Redactor()), str)
    events: list[LlmEvent] = []
    fed = 0
    while not events and fed < 20:
        events = decoder.feed(b"x" * 1024 * 1024)
        fed += 1
    assert isinstance(events[0], LlmError)
    assert (events[0].kind, fed) == ("invalid_response", 17)
    assert decoder.feed(b"data: [DONE]\n\n") == decoder.finish() == []


def test_first_piece_of_a_call_is_told_at_once():
    piece = {"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}
    assert decoded(delta(tool_calls=[piece]))[0] == ToolCallDelta("a", "f", "")
