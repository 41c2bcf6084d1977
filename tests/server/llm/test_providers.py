"""Every provider over its real wire, against fakes built from the official SDKs."""

import json

import pytest

from loom.core.errors import ProviderError
from loom.core.llm import Completed, LlmError, TextDelta, ThinkingDelta, ToolCallDelta
from loom.core.messages import (
    Image,
    Message,
    Opaque,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Usage,
)
from loom.server.llm.base import LocalProvider, ProviderSettings
from loom.server.llm.providers import PROVIDERS, make_provider
from tests.fakes.providers import Call, FakeProvider, Refusal, Say, Think, Tokens, Trouble, Turn
from tests.server.llm.wires import KEY, WIRES, asking, completed, provider_on, streamed

EVERY_WIRE = pytest.mark.parametrize("wire", WIRES)
TURN = Turn(Think("Let me see."), Say("Grüße, 世界! 🎉"), Call("read_file", {"path": "ä.md"}))


@EVERY_WIRE
async def test_streamed_turn_arrives_whole(wire: str):
    async with FakeProvider([TURN]) as fake:
        events = await streamed(provider_on(wire, fake.url), asking())
    *deltas, end = events
    assert isinstance(end, Completed)
    text = "".join(e.content for e in deltas if isinstance(e, TextDelta))
    thought = "".join(e.content for e in deltas if isinstance(e, ThinkingDelta))
    assert (text, thought) == ("Grüße, 世界! 🎉", "Let me see.")
    (call,) = end.response.tool_calls
    assert (call.name, call.input) == ("read_file", {"path": "ä.md"})
    assert end.response.message.text == text
    assert end.response.message.stop_reason == "tool_use"


@EVERY_WIRE
async def test_argument_fragments_carry_the_calls_id_and_make_its_json(wire: str):
    async with FakeProvider([TURN]) as fake:
        *deltas, end = await streamed(provider_on(wire, fake.url), asking())
    pieces = [event for event in deltas if isinstance(event, ToolCallDelta)]
    assert isinstance(end, Completed)
    assert {piece.call_id for piece in pieces} == {end.response.tool_calls[0].id}
    joined = "".join(piece.arguments_fragment for piece in pieces)
    assert json.loads(joined) == {"path": "ä.md"}


@EVERY_WIRE
async def test_whole_answer_equals_the_streamed_one(wire: str):
    async with FakeProvider([TURN, TURN]) as fake:
        provider = provider_on(wire, fake.url)
        whole = await completed(provider, asking())
        end = (await streamed(provider, asking()))[-1]
    assert isinstance(end, Completed)
    assert whole.message.text == end.response.message.text
    assert [call.input for call in whole.tool_calls] == [
        call.input for call in end.response.tool_calls
    ]
    assert (whole.usage, whole.finish_reason) == (end.response.usage, end.response.finish_reason)


@EVERY_WIRE
async def test_usage_keeps_cache_reads_apart(wire: str):
    turn = Turn(Say("a"), tokens=Tokens(input=100, output=20, cache_read=40))
    async with FakeProvider([turn]) as fake:
        end = (await streamed(provider_on(wire, fake.url), asking()))[-1]
    assert isinstance(end, Completed)
    assert end.response.usage == end.response.message.usage == Usage(100, 20, 40, 0)


@EVERY_WIRE
@pytest.mark.parametrize(("stop", "reason"), [("max_tokens", "max_tokens"), ("refusal", "refusal")])
async def test_reason_to_stop_is_told(wire: str, stop: str, reason: str):
    async with FakeProvider([Turn(Say("a"), stop=stop)]) as fake:
        end = (await streamed(provider_on(wire, fake.url), asking()))[-1]
    assert isinstance(end, Completed)
    assert end.response.message.stop_reason == reason


@EVERY_WIRE
async def test_answer_is_replayed_with_its_results(wire: str):
    async with FakeProvider([TURN, Turn(Say("done"))]) as fake:
        provider = provider_on(wire, fake.url)
        end = (await streamed(provider, asking()))[-1]
        assert isinstance(end, Completed)
        (call,) = end.response.tool_calls
        result = ToolResult(call.id, (Text("contents"), Image("image/png", "iVBORw0KGgo=")))
        history = (
            Message("system", (Text("Be brief."),)),
            *asking().messages,
            end.response.message,
            Message("user", (result,)),
        )
        last = (await streamed(provider, asking("go on", *history)))[-1]
    assert isinstance(last, Completed), last
    assert fake.requests[1].asked is not None
    assert fake.requests[1].asked.results[0].startswith("contents")
    assert "Be brief." in str(fake.requests[1].body)


@EVERY_WIRE
async def test_history_of_another_provider_is_accepted(wire: str):
    answer = Message(
        "assistant",
        (
            Thinking("secret", "sig", "elsewhere"),
            Opaque("elsewhere", {"type": "strange"}),
            Text("  "),
            ToolCall("functions.read file:0", "read file", {"a": 1}),
            ToolCall("b", "other", malformed="{oops"),
        ),
    )
    async with FakeProvider([Turn(Say("ok"))]) as fake:
        request = asking("and?", Message("assistant", ()), answer)
        end = (await streamed(provider_on(wire, fake.url), request))[-1]
    assert isinstance(end, Completed), end
    body = str(fake.requests[0].body)
    assert "secret" not in body
    assert "strange" not in body
    assert "interrupted" in body


@pytest.mark.parametrize("wire", [wire for wire in WIRES if wire != "gemini"])
async def test_malformed_arguments_are_kept_as_they_came(wire: str):
    async with FakeProvider([Turn(Call("read_file", raw='{"path": "a'))]) as fake:
        end = (await streamed(provider_on(wire, fake.url), asking()))[-1]
    assert isinstance(end, Completed)
    assert end.response.tool_calls[0].malformed == '{"path": "a'
    assert end.response.tool_calls[0].input == {}


@EVERY_WIRE
async def test_calls_of_one_answer_have_ids_of_their_own(wire: str):
    turn = Turn(Call("read_file", {"path": "a"}), Call("read_file", {"path": "b"}))
    async with FakeProvider([turn]) as fake:
        end = (await streamed(provider_on(wire, fake.url), asking()))[-1]
    assert isinstance(end, Completed)
    first, second = end.response.tool_calls
    assert first.id
    assert first.id != second.id
    assert (first.input, second.input) == ({"path": "a"}, {"path": "b"})


@EVERY_WIRE
@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Trouble.TRUNCATE, "transient"),
        (Trouble.HALF_CHARACTER, "transient"),
        (Trouble.GARBAGE, "invalid_response"),
        (Trouble.ERROR, "transient"),
    ],
)
async def test_stream_that_goes_wrong_ends_in_one_error(wire: str, trouble: Trouble, kind: str):
    async with FakeProvider([Turn(Say("hello"), trouble=trouble)]) as fake:
        events = await streamed(provider_on(wire, fake.url), asking())
    ends = [event for event in events if isinstance(event, (Completed, LlmError))]
    assert "".join(e.content for e in events if isinstance(e, TextDelta)) == "hello"
    assert events[-1:] == ends
    assert isinstance(ends[0], LlmError)
    assert ends[0].kind == kind


@EVERY_WIRE
async def test_refusal_is_classified_and_never_quotes_the_key(wire: str):
    refusal = Refusal(429, "rate_limit_error", f"slow down, {KEY.expose()}", {"Retry-After": "7"})
    async with FakeProvider([refusal]) as fake:
        (error,) = await streamed(provider_on(wire, fake.url), asking())
    assert isinstance(error, LlmError)
    assert (error.kind, error.retry_after, error.status) == ("rate_limited", 7.0, 429)
    assert "slow down" in error.message
    assert KEY.expose() not in repr(error)


@EVERY_WIRE
async def test_key_is_sent_but_never_shown(wire: str):
    async with FakeProvider([Turn(Say("a"))]) as fake:
        provider = provider_on(wire, fake.url)
        prepared = await provider.prepare(asking(), stream=True)
        await streamed(provider, asking())
    assert KEY.expose() in str(fake.requests[0].headers)
    assert KEY.expose() not in prepared.url
    assert KEY.expose() not in repr(prepared) + repr(provider.settings)


@EVERY_WIRE
async def test_history_without_anything_to_answer_is_refused(wire: str):
    provider = provider_on(wire, "http://127.0.0.1:9")
    request = asking(" \n", Message("system", (Text("s"),)))
    with pytest.raises(ProviderError) as caught:
        await provider.prepare(request, stream=True)
    assert caught.value.error.kind == "invalid_request"


async def test_reasoning_item_goes_back_to_the_responses_wire():
    async with FakeProvider([TURN, Turn(Say("ok"))]) as fake:
        provider = provider_on("responses", fake.url)
        end = (await streamed(provider, asking()))[-1]
        assert isinstance(end, Completed)
        await streamed(provider, asking("go on", *asking().messages, end.response.message))
    items = fake.requests[1].body["input"]
    (reasoning,) = [item for item in items if item.get("type") == "reasoning"]
    assert reasoning["encrypted_content"] == "c2lnbmF0dXJl"
    (spoken,) = [item for item in items if item.get("role") == "assistant"]
    assert spoken == {"role": "assistant", "content": "Grüße, 世界! 🎉", "phase": "final_answer"}


@pytest.mark.parametrize("wire", ["anthropic", "claude-on-vertex"])
async def test_signed_thinking_goes_back_to_claude(wire: str):
    async with FakeProvider([TURN, Turn(Say("ok"))]) as fake:
        provider = provider_on(wire, fake.url)
        end = (await streamed(provider, asking()))[-1]
        assert isinstance(end, Completed)
        await streamed(provider, asking("go on", *asking().messages, end.response.message))
    thinking = fake.requests[1].body["messages"][1]["content"][0]
    assert thinking == {
        "type": "thinking",
        "thinking": "Let me see.",
        "signature": "c2lnbmF0dXJl",
    }


async def test_thought_signature_goes_back_to_gemini():
    async with FakeProvider([TURN, Turn(Say("ok"))]) as fake:
        provider = provider_on("gemini", fake.url)
        end = (await streamed(provider, asking()))[-1]
        assert isinstance(end, Completed)
        await streamed(provider, asking("go on", *asking().messages, end.response.message))
    parts = fake.requests[1].body["contents"][1]["parts"]
    assert parts[-1]["thoughtSignature"] == "c2lnbmF0dXJl"
    assert "Let me see." not in str(parts)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (ProviderSettings("anthropic"), "LOOM_SERVER_ANTHROPIC_API_KEY"),
        (ProviderSettings("openai"), "LOOM_SERVER_OPENAI_API_KEY"),
        (ProviderSettings("vertex", api_key=KEY), "LOOM_SERVER_VERTEX_PROJECT_ID"),
    ],
)
async def test_provider_without_its_key_says_how_to_give_it(settings: ProviderSettings, kind: str):
    provider = make_provider(settings)
    assert not isinstance(provider, LocalProvider)
    assert not provider.is_configured
    with pytest.raises(ProviderError) as caught:
        await provider.prepare(asking(), stream=True)
    assert caught.value.error.kind == "not_configured"
    assert kind in caught.value.hint


@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_local_server_needs_no_key(name: str):
    provider = make_provider(ProviderSettings(name, "http://127.0.0.1:9/v1"))
    assert not isinstance(provider, LocalProvider)
    assert provider.is_configured
    prepared = await provider.prepare(asking(), stream=True)
    assert not {"authorization", "x-api-key"} & set(prepared.headers)


async def test_headers_of_the_operator_are_sent_and_win():
    settings = ProviderSettings(
        "anthropic", api_key=KEY, headers={"Anthropic-Version": "2023-06-01", "X-Org": "o"}
    )
    provider = make_provider(settings)
    assert not isinstance(provider, LocalProvider)
    prepared = await provider.prepare(asking(), stream=True)
    assert prepared.headers["anthropic-version"] == "2023-06-01"
    assert prepared.headers["x-org"] == "o"


@pytest.mark.parametrize(
    ("location", "model", "host", "path"),
    [
        (
            "us-central1",
            "gemini-3.8-flash",
            "us-central1-aiplatform.googleapis.com",
            "google/models/gemini-3.8-flash:streamGenerateContent?alt=sse",
        ),
        (
            "global",
            "claude-opus-4-1@20250805",
            "aiplatform.googleapis.com",
            "anthropic/models/claude-opus-4-1@20250805:streamRawPredict",
        ),
        (
            "eu",
            "../x?y",
            "aiplatform.eu.rep.googleapis.com",
            "google/models/..%2Fx%3Fy:streamGenerateContent?alt=sse",
        ),
    ],
)
async def test_vertex_address_follows_location_and_model(
    location: str, model: str, host: str, path: str
):
    settings = ProviderSettings("vertex", api_key=KEY, model=model, project="p", location=location)
    provider = make_provider(settings)
    assert not isinstance(provider, LocalProvider)
    url = (await provider.prepare(asking(), stream=True)).url
    assert url == f"https://{host}/v1/projects/p/locations/{location}/publishers/{path}"


@pytest.mark.parametrize(
    ("model", "base_url", "path"),
    [
        ("gpt-4o", "", "https://api.openai.com/v1/chat/completions"),
        ("gpt-6.1-sol", "", "https://api.openai.com/v1/responses"),
        ("gpt-6.1-sol", "http://localhost:1234/v1/", "http://localhost:1234/v1/chat/completions"),
    ],
)
async def test_openai_wire_is_chosen_by_host_and_model(model: str, base_url: str, path: str):
    provider = make_provider(ProviderSettings("openai", base_url, KEY, model))
    assert not isinstance(provider, LocalProvider)
    assert (await provider.prepare(asking(), stream=True)).url == path


@pytest.mark.parametrize("name", sorted(set(PROVIDERS) - {"demo"}))
def test_every_row_makes_a_provider_under_its_name(name: str):
    assert make_provider(ProviderSettings(name)).settings.name == name
