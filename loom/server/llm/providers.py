"""The providers: one row each, imported when it is made."""

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from loom.server.llm.base import Provider, ProviderSettings

PROVIDERS: Mapping[str, str] = {
    "anthropic": "loom.server.llm.anthropic:AnthropicProvider",
    "openai": "loom.server.llm.openai:OpenAiProvider",
    "vertex": "loom.server.llm.vertex:VertexProvider",
    "demo": "loom.server.llm.demo:DemoProvider",
}


def make_provider(settings: ProviderSettings) -> Provider:
    """The provider that `settings.name` names. Raises KeyError for another name."""
    module, _, name = PROVIDERS[settings.name].partition(":")
    return cast(Provider, getattr(import_module(module), name)(settings))
