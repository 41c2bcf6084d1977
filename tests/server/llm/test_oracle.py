"""The official SDKs decode the same bytes to the same answer as Loom's decoders."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import anthropic
import httpx2
import openai
import pytest
from google import genai
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st

from loom.core.llm import Completed, LlmEvent
from loom.redact import Redactor
from loom.server.llm.answer import Answer
from loom.server.llm.chat_stream import ChatDecoder
from loom.server.llm.claude_stream import ClaudeDecoder
from loom.server.llm.failures import Failures
from loom.server.llm.gemini_stream import GeminiDecoder
from loom.server.llm.responses_stream import ResponsesDecoder
from loom.server.llm.stream import EventDecoder
from tests.fakes.providers import Call, Say, Think, Tokens, Turn
from tests.fakes.providers.chat import ChatWire
from tests.fakes.providers.gemini import GeminiWire
from tests.fakes.providers.messages import MessagesWire
from tests.fakes.providers.responses import ResponsesWire
from tests.fakes.providers.wire import Wire
from tests.server.llm import examples

HI: Any = [{"role": "user", "content": "hi"}]


class Heard(NamedTuple):
    """What an answer comes to: text, calls as (name, input), tokens sent, tokens written."""

    text: str
    calls: list[tuple[str, Any]]
    sent: int
    written: int


def transport(stream: bytes) -> httpx2.MockTransport:
    """The SDKs' own seam for what comes from the network: it answers with `stream`."""
    headers = {"Content-Type": "text/event-stream"}
    return httpx2.MockTransport(
        lambda request: httpx2.Response(200, headers=headers, content=stream)
    )


def by_anthropic(stream: bytes) -> Heard:
    with httpx2.Client(transport=transport(stream)) as client:
        sdk = anthropic.Anthropic(api_key="k", http_client=client)
        with sdk.messages.stream(model="m", max_tokens=1, messages=HI) as events:
            message = events.get_final_message()
    usage = message.usage
    cached = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    return Heard(
        "".join(block.text for block in message.content if block.type == "text"),
        [(block.name, block.input) for block in message.content if block.type == "tool_use"],
        usage.input_tokens + cached,
        usage.output_tokens,
    )


def by_openai_chat(stream: bytes) -> Heard:
    text, calls, usage = "", {}, None
    with httpx2.Client(transport=transport(stream)) as client:
        sdk = openai.OpenAI(api_key="k", http_client=client)
        for chunk in sdk.chat.completions.create(model="m", messages=HI, stream=True):
            usage = chunk.usage or usage
            for choice in chunk.choices:
                text += choice.delta.content or ""
                for call in choice.delta.tool_calls or ():
                    name, arguments = calls.get(call.index, ("", ""))
                    function = call.function
                    calls[call.index] = (
                        name + (function.name or ""),
                        arguments + (function.arguments or ""),
                    )
    loaded = [(name, json.loads(arguments)) for name, arguments in calls.values()]
    return Heard(
        text,
        loaded,
        usage.prompt_tokens if usage else 0,
        usage.completion_tokens if usage else 0,
    )


def by_openai_responses(stream: bytes) -> Heard:
    with httpx2.Client(transport=transport(stream)) as client:
        sdk = openai.OpenAI(api_key="k", http_client=client)
        response = None
        for event in sdk.responses.create(model="m", input="hi", stream=True):
            if event.type in ("response.completed", "response.incomplete"):
                response = event.response
    return Heard(
        response.output_text,
        [
            (item.name, json.loads(item.arguments))
            for item in response.output
            if item.type == "function_call"
        ],
        response.usage.input_tokens,
        response.usage.output_tokens,
    )


def by_google(stream: bytes) -> Heard:
    options = types.HttpOptions(
        base_url="http://fake", httpx_client=httpx2.Client(transport=transport(stream))
    )
    client = genai.Client(enterprise=True, api_key="k", http_options=options)
    parts: list[Any] = []
    for chunk in client.models.generate_content_stream(model="m", contents="hi"):
        parts += (chunk.candidates and chunk.candidates[0].content.parts) or []
        usage = chunk.usage_metadata
    client.close()
    return Heard(
        "".join(part.text or "" for part in parts if not part.thought),
        [(p.function_call.name, p.function_call.args or {}) for p in parts if p.function_call],
        usage.prompt_token_count or 0,
        (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
    )


FAILURES = Failures("Test", Redactor())


def new_ids() -> Callable[[], str]:
    numbers = iter(range(10_000))
    return lambda: f"call_{next(numbers)}"


class Case(NamedTuple):
    """One wire: the fake that makes its bytes, Loom's decoder and the SDK's."""

    wire: Callable[[], Wire]
    decoder: Callable[[], EventDecoder]
    oracle: Callable[[bytes], Heard]


CASES = {
    "anthropic": Case(MessagesWire, lambda: ClaudeDecoder(Answer("a"), FAILURES), by_anthropic),
    "chat": Case(ChatWire, lambda: ChatDecoder(Answer("o"), FAILURES, new_ids()), by_openai_chat),
    "responses": Case(
        ResponsesWire, lambda: ResponsesDecoder(Answer("o"), FAILURES), by_openai_responses
    ),
    "gemini": Case(GeminiWire, lambda: GeminiDecoder(Answer("v"), FAILURES, new_ids()), by_google),
}
EVERY_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def decoded(case: Case, *chunks: bytes) -> list[LlmEvent]:
    decoder = case.decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.finish()


def by_loom(case: Case, stream: bytes) -> Heard:
    end = decoded(case, stream)[-1]
    assert isinstance(end, Completed), end
    usage = end.response.usage
    sent = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    calls = [(call.name, call.input) for call in end.response.tool_calls]
    return Heard(end.response.message.text, calls, sent, usage.output_tokens)


texts = st.text(st.characters(codec="utf-8"), max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
sizes = st.integers(1, 9)
calls = st.builds(
    Call,
    st.sampled_from(["read_file", "bash"]),
    st.dictionaries(texts, values, max_size=3),
    size=sizes,
)
turns = st.builds(
    lambda parts, *numbers: Turn(*parts, tokens=Tokens(*numbers)),
    st.lists(
        st.builds(Say, texts, sizes) | calls | st.builds(Think, texts, size=sizes), max_size=5
    ),
    st.integers(0, 10**6),
    st.integers(1, 10**6),
    st.integers(0, 10**6),
)


@EVERY_CASE
@settings(max_examples=25, deadline=None)
@given(turn=turns)
def test_decoding_agrees_with_the_sdk(case: Case, turn: Turn):
    stream = b"".join(case.wire().stream(turn, "m"))
    assert by_loom(case, stream) == case.oracle(stream)


@pytest.mark.parametrize(
    ("name", "stream"),
    [(name, stream) for name, streams in examples.PUBLISHED.items() for stream in streams],
)
def test_published_example_is_decoded_as_the_sdk_does(name: str, stream: bytes):
    case = CASES[name]
    heard = by_loom(case, stream)
    assert heard == case.oracle(stream)
    assert heard.text or heard.calls


@EVERY_CASE
@settings(max_examples=25, deadline=None)
@given(turn=turns, cuts=st.lists(st.integers(1, 4000), max_size=12))
def test_any_fragmentation_gives_the_same_events(case: Case, turn: Turn, cuts: list[int]):
    stream = b"".join(case.wire().stream(turn, "m"))
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[a:b] for a, b in pairwise(places)]
    assert decoded(case, *pieces) == decoded(case, stream)


@EVERY_CASE
def test_line_ends_of_all_kinds_give_the_same_events(case: Case):
    stream = b"".join(case.wire().stream(Turn(Say("héllo"), Call("f", {"a": 1}, "c1")), "m"))
    whole = decoded(case, stream)
    assert isinstance(whole[-1], Completed)
    for end in (b"\r\n", b"\r"):
        assert decoded(case, stream.replace(b"\n", end)) == whole
        bytewise = (bytes([byte]) for byte in stream.replace(b"\n", end))
        assert decoded(case, *bytewise) == whole


@EVERY_CASE
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damaged_stream_ends_in_exactly_one_terminal_event(case: Case, data: st.DataObject):
    stream = b"".join(case.wire().stream(data.draw(turns), "m"))
    place = data.draw(st.integers(0, len(stream)))
    junk = data.draw(st.binary(max_size=12) | st.sampled_from([b"null", b"[]", b"{}", b"\n\n"]))
    damaged = stream[:place] + junk + data.draw(st.sampled_from([b"", stream[place:]]))
    events = decoded(case, damaged)
    assert [type(event).__name__ in ("Completed", "LlmError") for event in events] == [
        *[False] * (len(events) - 1),
        True,
    ]
