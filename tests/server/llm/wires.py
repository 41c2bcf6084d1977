"""Loom's providers pointed at a fake, over real HTTP, one name for each wire."""

from typing import cast

from aiohttp import ClientSession

from loom.core.errors import ProviderError
from loom.core.llm import LlmEvent, LlmRequest, LlmResponse
from loom.core.messages import Message, Text, ToolDefinition
from loom.secrets import Secret
from loom.server.llm.base import ProviderSettings, UpstreamProvider
from loom.server.llm.providers import make_provider

KEY = Secret("sk-ant-test-0123456789")
WIRES = ("anthropic", "chat", "responses", "gemini", "claude-on-vertex")
READ_FILE = ToolDefinition(
    "read_file",
    "Reads a file.",
    {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)


def provider_on(wire: str, url: str) -> UpstreamProvider:
    """The provider that speaks `wire`, with the fake's address as its base URL."""
    settings = {
        "anthropic": ProviderSettings("anthropic", url, KEY, "claude-sonnet-5-5"),
        "chat": ProviderSettings("openai", f"{url}/v1", KEY, "gpt-x", wire="chat"),
        "responses": ProviderSettings("openai", f"{url}/v1", KEY, "gpt-x", wire="responses"),
        "gemini": ProviderSettings("vertex", url, KEY, "gemini-3.8-flash", project="p"),
        "claude-on-vertex": ProviderSettings(
            "vertex", url, KEY, "claude-sonnet-4-5", project="p", location="global"
        ),
    }[wire]
    return cast(UpstreamProvider, make_provider(settings))


def asking(text: str = "hi", *history: Message, tools: bool = True) -> LlmRequest:
    """A request for the default model that ends with the person's `text`."""
    messages = (*history, Message("user", (Text(text),)))
    return LlmRequest("default", messages, (READ_FILE,) if tools else (), max_tokens=4096)


async def streamed(provider: UpstreamProvider, request: LlmRequest) -> list[LlmEvent]:
    """The events of one streamed answer, or the one error of a refusal."""
    prepared = await provider.prepare(request, stream=True)
    async with (
        ClientSession() as session,
        session.post(prepared.url, data=prepared.body, headers=prepared.headers) as response,
    ):
        if response.status != 200:
            return [provider.error(response.status, response.headers, await response.read())]
        decoder = provider.decoder(prepared.wire)
        events: list[LlmEvent] = []
        async for chunk in response.content.iter_any():
            events += decoder.feed(chunk)
        return events + decoder.finish()


async def completed(provider: UpstreamProvider, request: LlmRequest) -> LlmResponse:
    """One whole answer. Raises ProviderError."""
    prepared = await provider.prepare(request, stream=False)
    async with (
        ClientSession() as session,
        session.post(prepared.url, data=prepared.body, headers=prepared.headers) as response,
    ):
        body = await response.read()
        if response.status != 200:
            raise ProviderError(provider.error(response.status, response.headers, body))
        return provider.response(body, prepared.wire)
