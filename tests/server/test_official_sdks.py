"""The official SDKs pointed at Loom's native wires: they must notice no difference."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import anthropic
import openai
import pytest

from loom.server.llm.providers import make_provider
from tests.fakes.providers import Call, FakeProvider, Refusal, Say, Think, Trouble, Turn
from tests.fakes.providers.script import Script
from tests.server.conftest import TOKEN, Serve, settings

TURN = Turn(Think("hm"), Say("Grüße, 世界! 🎉"), Call("read_file", {"path": "ä.md"}))
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
TOOL: Any = {"name": "read_file", "description": "Reads.", "input_schema": SCHEMA}
FUNCTION: Any = {"name": "read_file", "description": "Reads.", "parameters": SCHEMA}
HI: Any = [{"role": "user", "content": "hi"}]

Clients = tuple[anthropic.AsyncAnthropic, openai.AsyncOpenAI, FakeProvider]
Connect = Callable[..., Awaitable[Clients]]


@pytest.fixture
async def connect(serve: Serve, stack: AsyncExitStack) -> AsyncIterator[Connect]:
    """Both SDKs behind Loom, their provider playing a script."""

    async def start(script: Script) -> Clients:
        fake = await stack.enter_async_context(FakeProvider(script))
        urls = {"anthropic": fake.url, "openai": fake.openai_url}
        providers = {name: make_provider(settings(name, url)) for name, url in urls.items()}
        base = (await serve(providers=providers)).url + "/proxy"
        claude = anthropic.AsyncAnthropic(
            base_url=f"{base}/anthropic", api_key=TOKEN, max_retries=0
        )
        gpt = openai.AsyncOpenAI(base_url=f"{base}/openai/v1", api_key=TOKEN, max_retries=0)
        await stack.enter_async_context(claude)
        await stack.enter_async_context(gpt)
        return claude, gpt, fake

    yield start


async def test_anthropic_streams_thinking_text_and_tools(connect: Connect) -> None:
    claude, _, _ = await connect([TURN])
    async with claude.messages.stream(
        model="claude-x", max_tokens=9, messages=HI, tools=[TOOL]
    ) as stream:
        message = await stream.get_final_message()
    thinking, text, call = message.content
    assert (thinking.type, text.type, call.type) == ("thinking", "text", "tool_use")
    assert text.type == "text"
    assert text.text == "Grüße, 世界! 🎉"
    assert call.type == "tool_use"
    assert call.input == {"path": "ä.md"}


async def test_anthropic_reads_whole_answers_counts_and_lists(connect: Connect) -> None:
    claude, _, _ = await connect([TURN])
    message = await claude.messages.create(model="claude-x", max_tokens=9, messages=HI)
    count = await claude.messages.count_tokens(model="claude-x", messages=HI)
    models = await claude.models.list()
    assert message.stop_reason == "tool_use"
    assert count.input_tokens > 0
    assert models.data[0].id == "claude-sonnet-5-5"


async def test_anthropic_sends_a_tools_result_back(connect: Connect) -> None:
    claude, _, fake = await connect([TURN, Turn(Say("done"))])
    first = await claude.messages.create(model="claude-x", max_tokens=9, messages=HI, tools=[TOOL])
    call = first.content[-1]
    assert call.type == "tool_use"
    result: Any = {"type": "tool_result", "tool_use_id": call.id, "content": "the file"}
    history: Any = [
        *HI,
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": [result]},
    ]
    await claude.messages.create(model="claude-x", max_tokens=9, messages=history, tools=[TOOL])
    assert fake.requests[1].asked is not None
    assert fake.requests[1].asked.results == ("the file",)


async def test_anthropic_raises_what_the_provider_says(connect: Connect) -> None:
    claude, _, _ = await connect(
        [Refusal(429, "rate_limit_error", "slow", {"retry-after": "9"}), Refusal(529)]
    )
    with pytest.raises(anthropic.RateLimitError, match="slow") as limited:
        await claude.messages.create(model="claude-x", max_tokens=9, messages=HI)
    assert limited.value.response.headers["retry-after"] == "9"
    with pytest.raises(anthropic.InternalServerError):
        await claude.messages.create(model="claude-x", max_tokens=9, messages=HI)


@pytest.mark.parametrize("trouble", [Trouble.ERROR, Trouble.DIE, Trouble.TRUNCATE])
async def test_anthropic_never_takes_a_broken_stream_for_whole(
    connect: Connect, trouble: Trouble
) -> None:
    claude, _, _ = await connect([Turn(Say("a" * 50), trouble=trouble)])
    with pytest.raises(Exception, match=r"Overloaded|peer closed|incomplete|closed"):
        async with claude.messages.stream(model="claude-x", max_tokens=9, messages=HI) as stream:
            await stream.get_final_message()


async def test_anthropic_with_a_wrong_token_is_unauthorized(connect: Connect) -> None:
    claude, _, _ = await connect([TURN])
    with pytest.raises(anthropic.AuthenticationError, match="Loom token"):
        await claude.with_options(api_key="wrong").messages.create(
            model="claude-x", max_tokens=9, messages=HI
        )


async def test_openai_streams_chat_with_tools_and_usage(connect: Connect) -> None:
    _, gpt, _ = await connect([TURN])
    text, arguments, usage = "", "", None
    chunks = await gpt.chat.completions.create(
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
                arguments += (call.function and call.function.arguments) or ""
        usage = chunk.usage or usage
    assert (text, arguments) == ("Grüße, 世界! 🎉", TURN.calls[0].arguments)
    assert usage is not None


async def test_openai_reads_whole_answers_and_lists(connect: Connect) -> None:
    _, gpt, _ = await connect([TURN, TURN])
    completion = await gpt.chat.completions.create(model="gpt-x", messages=HI)
    response = await gpt.responses.create(model="gpt-x", input="hi")
    models = await gpt.models.list()
    assert completion.choices[0].message.content == response.output_text == "Grüße, 世界! 🎉"
    assert models.data[0].id == "gpt-6.1-sol"


async def test_openai_streams_responses(connect: Connect) -> None:
    _, gpt, _ = await connect([TURN])
    tool: Any = {"type": "function", "strict": False, **FUNCTION}
    async with gpt.responses.stream(model="gpt-x", input="hi", tools=[tool]) as stream:
        response = await stream.get_final_response()
    assert response.output_text == "Grüße, 世界! 🎉"


async def test_openai_raises_what_the_provider_says(connect: Connect) -> None:
    _, gpt, _ = await connect([Refusal(401, "invalid_api_key"), Refusal(404, "not_found", "gone")])
    with pytest.raises(openai.AuthenticationError):
        await gpt.chat.completions.create(model="gpt-x", messages=HI)
    with pytest.raises(openai.NotFoundError, match="gone"):
        await gpt.chat.completions.create(model="gpt-x", messages=HI)


@pytest.mark.parametrize("trouble", [Trouble.ERROR, Trouble.DIE, Trouble.TRUNCATE])
async def test_openai_never_takes_a_broken_stream_for_whole(
    connect: Connect, trouble: Trouble
) -> None:
    _, gpt, _ = await connect([Turn(Say("a" * 50), trouble=trouble)])
    with pytest.raises(openai.APIError):
        chunks = await gpt.chat.completions.create(model="gpt-x", messages=HI, stream=True)
        async for _chunk in chunks:
            pass


async def test_openai_with_a_wrong_token_is_unauthorized(connect: Connect) -> None:
    _, gpt, _ = await connect([TURN])
    with pytest.raises(openai.AuthenticationError, match="Loom token"):
        await gpt.with_options(api_key="wrong").models.list()
