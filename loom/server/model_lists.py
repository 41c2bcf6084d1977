"""Which models there are: each provider's default, and what its own list says, asked lazily."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping

from msgspec import Struct

from loom.api.models import ModelInfo
from loom.core import codec
from loom.core.errors import CodecError, ProviderError
from loom.server.config import PROVIDER_DEFAULTS
from loom.server.llm.anthropic import VERSION
from loom.server.llm.base import Provider
from loom.server.native import NATIVE_WIRES, NativeWire, fixed_headers
from loom.server.outbound.pool import Pool
from loom.server.upstream import exchange_at

log = logging.getLogger("loom.server")

TIMEOUT = 3.0
LIFETIME = 600.0
RETRY_AFTER = 30.0
"""Seconds during which a list that could not be had is not asked for again."""

_VERSION = {"anthropic": {"anthropic-version": VERSION}}

# OpenAI lists models of every kind; these are the ones that chat. Other servers list what they
# serve.
_OPENAI_CHAT = re.compile(r"(?:gpt-|chatgpt-|codex-|o\d)[\w.-]*")
_NO_CHAT = re.compile(r"-(?:audio|realtime|tts|transcribe|image|search|instruct)\b")


class _Listed(Struct):
    id: str


class _List(Struct):
    data: list[_Listed]


class ModelLists:
    """Lists models; a provider's own list is kept for ten minutes.

    Args:
        providers: all of them, configured or not.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        pool: Pool,
        providers: Mapping[str, Provider],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._providers = providers
        self._clock = clock
        self._kept: dict[str, tuple[float, tuple[str, ...]]] = {}

    async def all(self) -> tuple[ModelInfo, ...]:
        """Every known model, by provider, each provider's default first."""
        async with asyncio.TaskGroup() as tasks:
            lists = [tasks.create_task(self._of(each)) for each in self._providers.values()]
        return tuple(info for each in lists for info in each.result())

    async def _of(self, provider: Provider) -> list[ModelInfo]:
        default = provider.settings.model
        others = await self._ids(provider) if provider.is_configured else ()
        names = dict.fromkeys(name for name in (default, *others) if name)
        return [
            ModelInfo(provider.settings.name, name, provider.is_configured, name == default)
            for name in names
        ]

    async def _ids(self, provider: Provider) -> tuple[str, ...]:
        name = provider.settings.name
        until, ids = self._kept.get(name, (0.0, ()))
        wire = next((wire for wire in NATIVE_WIRES if wire.provider == name), None)
        if wire is None or self._clock() < until:
            return ids
        try:
            ids, lifetime = await self._asked(wire, provider), LIFETIME
        except (ProviderError, TimeoutError, CodecError) as error:
            log.info("no model list from %s: %s", name, type(error).__name__)
            lifetime = RETRY_AFTER
        self._kept[name] = (self._clock() + lifetime, ids)
        return ids

    async def _asked(self, wire: NativeWire, provider: Provider) -> tuple[str, ...]:
        settings = provider.settings
        path = next(path.upstream for path in wire.paths if path.path == "/v1/models")
        headers = fixed_headers(wire, settings)
        headers.update(_VERSION.get(wire.provider, {}))
        url = settings.base_url + path
        async with asyncio.timeout(TIMEOUT):
            async with exchange_at(self._pool, settings, url, method="GET", headers=headers) as up:
                body = await up.body()
        listed: _List = codec.decode(body, _List)
        ids = [model.id for model in listed.data]
        if settings.base_url == PROVIDER_DEFAULTS["openai"].base_url:
            ids = [
                each for each in ids if _OPENAI_CHAT.fullmatch(each) and not _NO_CHAT.search(each)
            ]
        return tuple(ids)
