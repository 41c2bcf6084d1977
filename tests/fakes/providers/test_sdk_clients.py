"""The official SDKs against the fakes: a fake that an SDK does not accept is no fake of it."""

from collections.abc import AsyncIterator

import anthropic
import openai
import pytest
from google import genai
from google.genai import types
from google.genai.errors import APIError

from tests.fakes.providers import Call, FakeProvider, Refusal, Say, Think, Trouble, Turn

# google-genai's own session class, which aiohttp frowns upon.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class:DeprecationWarning")

TURN = Turn(Think("hm"), Say("Grüße, 世界! 🎉"), Call("read_file", {"path": "ä.md"}))
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
TOOL = {"name": "read_file", "description": "Reads.", "input_schema": SCHEMA}
FUNCTION = {"name": "read_file", "description": "Reads.", "parameters": SCHEMA}
HI = [{"role": "user", "content": "hi"}]


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    async with FakeProvider([TURN, TURN]) as provider:
        yield provider


def claude(fake: FakeProvider) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=fake.url, api_key="sk-ant-x", max_retries=0)


def claude_on_vertex(fake: FakeProvider) -> anthropic.AsyncAnthropicVertex:
    return anthropic.AsyncAnthropicVertex(
        base_url=f"{fake.url}/v1", region="global", project_id="p", access_token="t", max_retries=0
    )


def gpt(fake: FakeProvider) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=fake.openai_url, api_key="sk-x", max_retries=0)


def gemini(fake: FakeProvider) -> genai.Client:
    options = types.HttpOptions(base_url=fake.url)
    return genai.Client(enterprise=True, api_key="k", http_options=options)


@pytest.mark.parametrize("client", [claude, claude_on_vertex])
async def test_anthropic_sdk_streams_a_turn(fake: FakeProvider, client):
    async with (
        client(fake) as sdk,
        sdk.messages.stream(model="claude-x", max_tokens=9, messages=HI, tools=[TOOL]) as stream,
    ):
        message = await stream.get_final_message()
    thinking, text, call = message.content
    assert (thinking.thinking, thinking.signature) == ("hm", "c2lnbmF0dXJl")
    assert (text.text, call.input) == ("Grüße, 世界! 🎉", {"path": "ä.md"})
    assert (message.stop_reason, message.usage.output_tokens) == ("tool_use", 7)


@pytest.mark.parametrize("client", [claude, claude_on_vertex])
async def test_anthropic_sdk_reads_a_whole_turn(fake: FakeProvider, client):
    async with client(fake) as sdk:
        message = await sdk.messages.create(model="claude-x", max_tokens=9, messages=HI)
    assert message.content[1].text == "Grüße, 世界! 🎉"
    assert fake.requests[0].asked is not None
    assert fake.requests[0].asked.text == "hi"


async def test_anthropic_sdk_counts_tokens_and_lists_models(fake: FakeProvider):
    async with claude(fake) as sdk:
        count = await sdk.messages.count_tokens(model="claude-x", messages=HI)
        models = await sdk.models.list()
    assert count.input_tokens > 0
    assert [model.id for model in models.data] == ["claude-sonnet-5-5"]


async def test_openai_sdk_streams_a_chat_turn(fake: FakeProvider):
    text, arguments, usage = "", "", None
    async with gpt(fake) as sdk:
        chunks = await sdk.chat.completions.create(
            model="gpt-x",
            messages=HI,
            tools=[{"type": "function", "function": FUNCTION}],
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in chunks:
            for choice in chunk.choices:
                text += choice.delta.content or ""
                for call in choice.delta.tool_calls or ():
                    arguments += call.function.arguments
            usage = chunk.usage or usage
    assert (text, arguments) == ("Grüße, 世界! 🎉", TURN.calls[0].arguments)
    assert usage is not None
    assert usage.prompt_tokens == 16


async def test_openai_sdk_reads_a_whole_chat_turn(fake: FakeProvider):
    async with gpt(fake) as sdk:
        completion = await sdk.chat.completions.create(model="gpt-x", messages=HI)
    message = completion.choices[0].message
    assert message.content == "Grüße, 世界! 🎉"
    assert message.tool_calls[0].function.name == "read_file"


async def test_openai_sdk_streams_a_responses_turn(fake: FakeProvider):
    async with (
        gpt(fake) as sdk,
        sdk.responses.stream(
            model="gpt-x", input="hi", tools=[{"type": "function", "strict": False, **FUNCTION}]
        ) as stream,
    ):
        response = await stream.get_final_response()
    assert response.output_text == "Grüße, 世界! 🎉"
    assert response.output[2].arguments == TURN.calls[0].arguments
    assert response.usage.input_tokens_details.cached_tokens == 5


async def test_openai_sdk_reads_a_whole_responses_turn_and_lists_models(fake: FakeProvider):
    async with gpt(fake) as sdk:
        response = await sdk.responses.create(model="gpt-x", input="hi")
        models = await sdk.models.list()
    assert response.output_text == "Grüße, 世界! 🎉"
    assert [model.id for model in models.data] == ["gpt-6.1-sol"]


async def test_google_sdk_streams_a_turn(fake: FakeProvider):
    client = gemini(fake)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[types.FunctionDeclaration(name="read_file")])]
    )
    parts: list[types.Part] = []
    async for chunk in await client.aio.models.generate_content_stream(
        model="gemini-x", contents="hi", config=config
    ):
        parts += chunk.candidates[0].content.parts
    await client.aio.aclose()
    assert "".join(p.text or "" for p in parts if not p.thought) == "Grüße, 世界! 🎉"
    assert [p.function_call.args for p in parts if p.function_call] == [{"path": "ä.md"}]


async def test_google_sdk_reads_a_whole_turn(fake: FakeProvider):
    client = gemini(fake)
    response = await client.aio.models.generate_content(model="gemini-x", contents="hi")
    await client.aio.aclose()
    assert response.candidates[0].finish_reason == types.FinishReason.STOP
    assert response.usage_metadata.prompt_token_count == 16


async def test_anthropic_sdk_raises_for_refusals_and_error_events():
    overloaded = Turn(Say("a"), trouble=Trouble.ERROR)
    script = [Refusal(429, "rate_limit_error", "slow"), overloaded]
    async with FakeProvider(script) as fake, claude(fake) as sdk:
        with pytest.raises(anthropic.RateLimitError, match="slow"):
            await sdk.messages.create(model="claude-x", max_tokens=9, messages=HI)
        with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
            async with sdk.messages.stream(model="claude-x", max_tokens=9, messages=HI) as stream:
                await stream.get_final_message()


async def test_openai_sdk_raises_for_refusals_and_error_events():
    broken = Turn(Say("a"), trouble=Trouble.ERROR)
    async with FakeProvider([Refusal(401, "invalid_api_key"), broken]) as fake, gpt(fake) as sdk:
        with pytest.raises(openai.AuthenticationError):
            await sdk.chat.completions.create(model="gpt-x", messages=HI)
        with pytest.raises(openai.APIError, match="had an error"):
            async for _ in await sdk.chat.completions.create(
                model="gpt-x", messages=HI, stream=True
            ):
                pass


async def test_google_sdk_raises_for_refusals():
    async with FakeProvider([Refusal(403, "PERMISSION_DENIED", "no")]) as fake:
        client = gemini(fake)
        with pytest.raises(APIError, match="no"):
            await client.aio.models.generate_content(model="gemini-x", contents="hi")
        await client.aio.aclose()


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": 0.5},
        {"max_tokens": "many"},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "extra": 1}]}]},
        {"messages": [{"role": "assistant", "content": "a"}]},
    ],
)
async def test_request_that_the_sdk_would_not_type_is_refused(fake: FakeProvider, wrong):
    async with claude(fake) as sdk:
        with pytest.raises(anthropic.BadRequestError):
            body = {"max_tokens": 9, "messages": HI, **wrong}
            await sdk.messages.create(model="claude-x", extra_body=body, max_tokens=1, messages=HI)
    assert fake.requests[0].problem
