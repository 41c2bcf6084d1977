import json
from typing import Any

import pytest

from loom.server.asked import Asked, weigh
from loom.server.asked_extras import looked_through

LIMITS = frozenset({"max_tokens"})


def seen(provider: str = "anthropic", **fields: Any) -> Asked:
    body = json.dumps({"model": "m", **fields}).encode()
    return looked_through(weigh(body, LIMITS), body, provider)


def said(*parts: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


def tool(kind: str, **fields: Any) -> dict[str, Any]:
    return {"tools": [{"type": kind, "name": "t", **fields}]}


PLAIN = {
    "words": said({"type": "text", "text": "hi"}),
    "one word": {"messages": [{"role": "user", "content": "hi"}], "system": "s", "input": "i"},
    "a tool's result": said({"type": "tool_result", "content": [{"type": "text", "text": "x"}]}),
    "what a search found": said({"type": "web_search_tool_result", "content": []}),
    "a call": {"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]},
    "a shell's output": {"input": [{"type": "shell_call_output", "output": [{"stdout": "x"}]}]},
    "a tool of ours": {"tools": [{"name": "t", "input_schema": {"type": "object"}}]},
    "a function": tool("function"),
    "a shell here": tool("bash_20250124"),
    "another shell here": tool("shell", environment={"type": "local"}),
    "functions with a name": tool("namespace", tools=[{"type": "function", "name": "f"}]),
    "the usual tier": {"service_tier": "auto", "speed": "standard", "inference_geo": "global"},
    "edits of the context": {"context_management": {"edits": [{"type": "clear_thinking_2"}]}},
    "the usual reasoning": {"reasoning": {"effort": "high"}, "modalities": ["text"]},
}


@pytest.mark.parametrize("fields", PLAIN.values(), ids=PLAIN.keys())
def test_plain_words_and_the_clients_own_tools_cost_nothing_else(fields: dict[str, Any]) -> None:
    asked = seen(**fields)
    assert (asked.extras, asked.uses, asked.is_open, asked.others) == ((), 0, False, ())


OPEN = {
    "within a result": said({"type": "tool_result", "content": [{"type": "document"}]}),
    "within a result's result": said({"type": "tool_result", "content": {"type": "document"}}),
    "an opaque one of ours": said({"type": "opaque", "data": {"type": "document"}}),
    "an opaque one that says nothing": said({"type": "opaque", "data": {"fileData": "x"}}),
    "a function's file": {
        "input": [{"type": "function_call_output", "output": [{"type": "input_file"}]}]
    },
    "a reference": {"input": [{"type": "item_reference", "id": "i"}]},
    "a reference without a type": {"input": [{"id": "i"}]},
    "a document before all": {"system": [{"type": "document"}]},
    "an earlier answer": {"previous_response_id": "r"},
    "a conversation": {"conversation": "c"},
    "a conversation by its id": {"conversation": {"id": "c"}},
    "something new": {"brand_new": 1},
}


@pytest.mark.parametrize("fields", OPEN.values(), ids=OPEN.keys())
def test_what_may_be_more_than_its_bytes_is_seen(fields: dict[str, Any]) -> None:
    asked = seen("openai", **fields)
    assert asked.is_open
    assert asked.extras in ((), ("brand_new",))


EXTRAS = {
    "service_tier=priority": {"service_tier": "priority"},
    "speed=fast": {"speed": "fast"},
    "inference_geo=us": {"inference_geo": "us"},
    "web_search": tool("web_search_20250305"),
    "web_search_preview": tool("web_search_preview_2025_03_11"),
    "code_execution": tool("code_execution_20260521"),
    "shell": tool("shell"),
    "advisor": tool("advisor_20260301", model="dear"),
    "code_interpreter": tool("namespace", tools=[{"type": "code_interpreter"}]),
    "compact": {"context_management": {"edits": [{"type": "compact_20260112"}]}},
    "compaction": {"context_management": [{"type": "compaction"}]},
    "reasoning.mode=pro": {"reasoning": {"mode": "pro"}},
    "modalities": {"modalities": ["text", "audio"]},
    "fallbacks": {"fallbacks": "default"},
    "prediction": {"prediction": {"type": "content", "content": "x"}},
    "brand_new": {"brand_new": 1},
    "tool_addition": said({"type": "tool_addition", "tool": {}}),
    "additional_tools": {"input": [{"type": "additional_tools", "role": "developer"}]},
}


@pytest.mark.parametrize(("name", "fields"), EXTRAS.items(), ids=EXTRAS.keys())
def test_what_costs_beside_tokens_is_named(name: str, fields: dict[str, Any]) -> None:
    assert name in seen(**fields).extras


@pytest.mark.parametrize("fields", [{"tools": "all of them"}, {"messages": {"a": 1}}])
def test_a_form_that_loom_does_not_know_passes_no_rule(fields: dict[str, Any]) -> None:
    asked = seen(**fields)
    assert asked.extras
    assert asked.others
    assert asked.is_open


@pytest.mark.parametrize(
    ("provider", "fields", "uses"),
    [
        ("anthropic", tool("web_search_20250305"), None),
        ("anthropic", tool("web_search_20250305", max_uses=5), 5),
        ("anthropic", {**tool("web_search_20250305"), "max_tool_calls": 1}, None),
        ("openai", tool("web_search"), None),
        ("openai", tool("web_search", max_uses=5), None),
        ("openai", {**tool("web_search"), "max_tool_calls": 3}, 3),
        ("openai", {**tool("function"), "max_tool_calls": 3}, 0),
    ],
)
def test_how_often_the_provider_may_run_tools_is_what_it_heeds(
    provider: str, fields: dict[str, Any], uses: int | None
) -> None:
    assert seen(provider, **fields).uses == uses


@pytest.mark.parametrize(
    ("fields", "others"),
    [
        ({"fallbacks": [{"model": "dear"}, {"model": "dearer"}]}, ("dear", "dearer")),
        ({"fallbacks": "default"}, ("default",)),
        ({"models": ["dear"]}, ("dear",)),
        (tool("advisor_20260301", model="dear"), ("dear",)),
        (tool("image_generation"), ("image_generation",)),
        (said({"type": "tool_addition"}), ("tool_addition",)),
        ({"brand_new": 1}, ("brand_new",)),
        ({"container": "c"}, ()),
        (tool("web_search_20250305"), ()),
    ],
)
def test_models_that_may_run_beside_the_named_one_are_known(
    fields: dict[str, Any], others: tuple[str, ...]
) -> None:
    assert seen(**fields).others == others


LONG = {"type": "ephemeral", "ttl": "1h"}


@pytest.mark.parametrize(
    ("fields", "is_long"),
    [
        ({"cache_control": {"type": "ephemeral", "ttl": "5m"}}, False),
        ({"cache_control": {"type": "ephemeral"}}, False),
        ({"metadata": {"user_id": "1h"}}, False),
        ({"cache_control": LONG}, True),
        ({"prompt_cache_options": {"ttl": "12h"}}, True),
        ({"system": [{"type": "text", "text": "", "cache_control": LONG}]}, True),
        (said({"type": "tool_result", "content": [{"type": "text", "cache_control": LONG}]}), True),
        ({"tools": [{"name": "t", "cache_control": LONG}]}, True),
    ],
)
def test_what_is_kept_for_long_is_seen(fields: dict[str, Any], is_long: bool) -> None:
    assert seen(**fields).is_long_lived is is_long


BASE64 = "A" * 90_000
SOURCE = {"type": "base64", "media_type": "image/png", "data": BASE64}
URL = f"data:image/png;base64,{BASE64}"
PICTURES = {
    "Anthropic's": said({"type": "image", "source": SOURCE}),
    "within a result": said(
        {"type": "tool_result", "content": [{"type": "image", "source": SOURCE}]}
    ),
    "for chat": said({"type": "image_url", "image_url": {"url": URL}}),
    "for responses": {
        "input": [{"role": "user", "content": [{"type": "input_image", "image_url": URL}]}]
    },
    "a screenshot": {
        "input": [
            {
                "type": "computer_call_output",
                "output": {"type": "computer_screenshot", "image_url": URL},
            }
        ]
    },
    "ours": said({"type": "image", "media_type": "image/png", "data": BASE64}),
}


@pytest.mark.parametrize("fields", PICTURES.values(), ids=PICTURES.keys())
def test_a_picture_is_at_most_its_largest_size_and_not_its_bytes(fields: dict[str, Any]) -> None:
    asked = seen(**fields)
    assert (asked.pictures, asked.is_open) == (1, False)
    assert 16_000 < asked.most_taken < 16_500
    # As many small ones are as many large ones.
    many = said(*[{"type": "image", "source": {}}] * 50)
    assert seen(**many).most_taken > 50 * 16_000


def test_a_type_by_escapes_is_the_type_all_the_same() -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":[{"type":"docum\\u0065nt"}]}]}'
    assert looked_through(weigh(body, LIMITS), body, "anthropic").is_open
