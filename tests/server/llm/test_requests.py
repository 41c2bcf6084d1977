"""The bodies that go out, in full where the shape is the point; the SDKs' types accept them all."""

from typing import Any

import pytest
from msgspec.structs import replace

from loom.core.llm import LlmRequest
from loom.core.messages import Image, Message, Opaque, Text, Thinking, ToolCall, ToolResult
from loom.server.llm.chat_request import chat_body
from loom.server.llm.claude_request import claude_body, claude_version
from loom.server.llm.gemini_request import gemini_body
from loom.server.llm.responses_request import responses_body
from tests.fakes.providers.chat import ChatWire
from tests.fakes.providers.gemini import GeminiWire
from tests.fakes.providers.messages import MessagesWire
from tests.fakes.providers.responses import ResponsesWire
from tests.server.llm.wires import READ_FILE

PNG = Image("image/png", "iVBORw0KGgo=")
REQUEST = LlmRequest(
    "default",
    (
        Message("system", (Text("Be brief."),)),
        Message("user", (Text("What is in a?"), PNG)),
        Message("assistant", (Text("Let me look."), ToolCall("c1", "read_file", {"path": "a"}))),
        Message("user", (ToolResult("c1", (Text("nothing"), PNG), is_error=True),)),
        Message("user", (Text("Well?"),)),
    ),
    (READ_FILE,),
    max_tokens=9000,
    thread_id="T-1",
)
CACHED = {"cache_control": {"type": "ephemeral"}}


def claude(request: LlmRequest = REQUEST, model: str = "claude-sonnet-5-5") -> dict[str, Any]:
    body = claude_body(request, model, stream=True)
    MessagesWire().asked(body)
    return body


def chat(request: LlmRequest = REQUEST, *, is_official: bool = False) -> dict[str, Any]:
    body = chat_body(request, "gpt-x", stream=True, is_official=is_official)
    ChatWire().asked(body)
    return body


def responses(request: LlmRequest = REQUEST, model: str = "gpt-6.1-sol") -> dict[str, Any]:
    body = responses_body(request, model, stream=True)
    ResponsesWire().asked(body)
    return body


def gemini(request: LlmRequest = REQUEST, model: str = "gemini-3.8-flash") -> dict[str, Any]:
    body = gemini_body(request, model)
    GeminiWire().asked(body)
    return body


def test_claude_messages():
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": PNG.data},
    }
    assert claude()["messages"] == [
        {
            "role": "user",
            "content": [{"type": "text", "text": "What is in a?"}, {**image, **CACHED}],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "c1", "name": "read_file", "input": {"path": "a"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "c1",
                    "content": [{"type": "text", "text": "nothing"}, image],
                    "is_error": True,
                },
                {"type": "text", "text": "Well?", **CACHED},
            ],
        },
    ]


def test_claude_system_and_tools_are_cached():
    body = claude()
    assert body["system"] == [{"type": "text", "text": "Be brief.", **CACHED}]
    assert body["tools"] == [
        {
            "name": "read_file",
            "description": "Reads a file.",
            "input_schema": READ_FILE.input_schema,
            **CACHED,
        }
    ]
    assert str(body).count("cache_control") == 4


def test_claude_is_always_told_max_tokens_and_never_temperature():
    request = replace(REQUEST, max_tokens=None, temperature=0.5, tools=())
    body = claude(request)
    assert body["max_tokens"] == 16_384
    assert claude(request, "claude-3-haiku-20240307")["max_tokens"] == 4_096
    assert not {"temperature", "tools", "thinking"} & set(body)


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("claude-3-7-sonnet-20250219", (3, 7)),
        ("claude-3-opus-20240229", (3, 0)),
        ("claude-sonnet-4-20250514", (4, 0)),
        ("claude-haiku-4-5-20251001", (4, 5)),
        ("claude-opus-4-1@20250805", (4, 1)),
        ("claude-opus-5", (5, 0)),
        ("some-local-model", (0, 0)),
    ],
)
def test_version_is_read_from_the_models_name(model: str, version: tuple[int, int]):
    assert claude_version(model) == version


@pytest.mark.parametrize(
    ("model", "budget", "thinking"),
    [
        ("claude-sonnet-5-5", 4_000, {"type": "adaptive", "display": "summarized"}),
        ("claude-sonnet-4-5", 4_000, {"type": "enabled", "budget_tokens": 4_000}),
        ("claude-sonnet-4-5", 100, {"type": "enabled", "budget_tokens": 1_024}),
        ("claude-sonnet-4-5", 99_999, {"type": "enabled", "budget_tokens": 7_976}),
        ("claude-3-5-haiku-20241022", 4_000, None),
    ],
)
def test_claude_thinks_as_its_version_allows(model: str, budget: int, thinking: Any):
    request = replace(REQUEST, messages=REQUEST.messages[:2], thinking_tokens=budget)
    assert claude(request, model).get("thinking") == thinking


def test_budgeted_thinking_is_left_out_within_a_turn_that_began_without_it():
    request = replace(REQUEST, thinking_tokens=2_000)
    assert "thinking" not in claude(request, "claude-sonnet-4-5")
    signed = Message(
        "assistant", (Thinking("t", "s", "anthropic"), ToolCall("c1", "read_file", {}))
    )
    messages = (*REQUEST.messages[:2], signed, *REQUEST.messages[3:])
    assert "thinking" in claude(replace(request, messages=messages), "claude-sonnet-4-5")


def test_redacted_thinking_goes_back_as_it_came():
    data = {"type": "redacted_thinking", "data": "xyz"}
    said = Message("assistant", (Opaque("anthropic", data), Text("a")))
    body = claude(LlmRequest("m", (*REQUEST.messages[:2], said, REQUEST.messages[-1])))
    assert body["messages"][1]["content"][0] == data


def test_chat_messages():
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG.data}"}}
    call = {"name": "read_file", "arguments": '{"path":"a"}'}
    assert chat()["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "What is in a?"}, picture]},
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [{"id": "c1", "type": "function", "function": call}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "Error: nothing"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Images in the result of tool call c1:"},
                picture,
                {"type": "text", "text": "Well?"},
            ],
        },
    ]


def test_chat_says_max_tokens_as_the_server_knows_it():
    assert chat()["max_tokens"] == 9000
    official = chat(is_official=True)
    assert official["max_completion_tokens"] == 9000
    assert "max_tokens" not in official
    assert official["prompt_cache_key"] == "T-1"


def test_chat_asks_for_usage_and_leaves_out_absent_tools():
    body = chat(replace(REQUEST, tools=()))
    assert body["stream_options"] == {"include_usage": True}
    assert not {"tools", "tool_choice"} & set(body)
    whole = chat_body(REQUEST, "m", stream=False, is_official=False)
    assert "stream_options" not in whole


@pytest.mark.parametrize(("is_official", "sent"), [(True, False), (False, True)])
def test_temperature_is_kept_from_openais_reasoning_models(is_official: bool, sent: bool):
    body = chat_body(
        replace(REQUEST, temperature=0.1), "gpt-5.5", stream=True, is_official=is_official
    )
    assert ("temperature" in body) is sent


def test_responses_input():
    picture = {
        "type": "input_image",
        "detail": "auto",
        "image_url": f"data:image/png;base64,{PNG.data}",
    }
    body = responses()
    assert body["input"] == [
        {"role": "user", "content": [{"type": "input_text", "text": "What is in a?"}, picture]},
        {"role": "assistant", "content": "Let me look."},
        {
            "type": "function_call",
            "call_id": "c1",
            "name": "read_file",
            "arguments": '{"path":"a"}',
        },
        {
            "type": "function_call_output",
            "call_id": "c1",
            "output": [{"type": "input_text", "text": "Error: nothing"}, picture],
        },
        {"role": "user", "content": [{"type": "input_text", "text": "Well?"}]},
    ]
    assert (body["instructions"], body["store"]) == ("Be brief.", False)


def test_responses_replays_reasoning_only_whole_and_followed():
    whole = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"}
    bare = {"type": "reasoning", "id": "rs_2", "summary": []}
    said = Message(
        "assistant",
        (
            Opaque("openai", {**whole, "content": None, "status": "completed"}),
            Opaque("openai", bare),
            Text("a"),
            Opaque("openai", {**whole, "id": "rs_3"}),
        ),
    )
    body = responses(LlmRequest("m", (*REQUEST.messages[:2], said, REQUEST.messages[-1])))
    assert [item for item in body["input"] if item.get("type") == "reasoning"] == [whole]


def test_gemini_contents():
    picture = {"inlineData": {"mimeType": "image/png", "data": PNG.data}}
    answer = {"name": "read_file", "response": {"error": "Error: nothing"}}
    body = gemini(model="gemini-2.5-pro")
    assert body["contents"] == [
        {"role": "user", "parts": [{"text": "What is in a?"}, picture]},
        {
            "role": "model",
            "parts": [
                {"text": "Let me look."},
                {"functionCall": {"name": "read_file", "args": {"path": "a"}}},
            ],
        },
        {"role": "user", "parts": [{"functionResponse": answer}, picture, {"text": "Well?"}]},
    ]
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert body["generationConfig"] == {"maxOutputTokens": 9000}


def test_gemini_3_gets_a_stand_in_for_a_signature_that_another_model_never_gave():
    (_, _, part) = [None, *gemini()["contents"][1]["parts"]]
    assert part["thoughtSignature"] == "skip_thought_signature_validator"


def test_gemini_function_has_its_json_schema():
    (tool,) = gemini()["tools"]
    assert tool["functionDeclarations"] == [
        {
            "name": "read_file",
            "description": "Reads a file.",
            "parametersJsonSchema": READ_FILE.input_schema,
        }
    ]


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("gemini-3.8-flash", {"includeThoughts": True, "thinkingLevel": "LOW"}),
        ("gemini-2.5-flash", {"includeThoughts": True, "thinkingBudget": 4_000}),
        ("gemini-2.0-flash", None),
    ],
)
def test_gemini_thinks_as_its_version_allows(model: str, thinking: Any):
    body = gemini(replace(REQUEST, thinking_tokens=4_000), model)
    assert body["generationConfig"].get("thinkingConfig") == thinking
