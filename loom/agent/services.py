"""What a runtime is given: everything it touches outside itself."""

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from loom.api.support import SupportQuestion
from loom.core.ids import message_id, thread_id
from loom.core.llm import LlmEvent, LlmRequest, LlmResponse
from loom.core.permissions import Rule
from loom.core.protocol import Mode
from loom.sandbox import Sandbox
from loom.threads.store import ThreadStore
from loom.tools.base import SearchHit, Tool


class Model(Protocol):
    """The proxy as the agent sees it; `loom.llm.proxy.ProxyModel` is the real one."""

    def stream(self, provider: str, request: LlmRequest) -> AsyncIterator[LlmEvent]:
        """One answer; exactly one terminal event, and no exception but cancellation."""
        ...

    async def complete(self, provider: str, request: LlmRequest) -> LlmResponse:
        """One whole answer. Raises ProviderError."""
        ...

    async def models(self) -> list[dict[str, Any]]:
        """Rows of `provider`, `model`, `is_configured`, `is_default`. Raises ProviderError."""
        ...


class News(Protocol):
    """What the server tells by itself; `loom.api.clients.news.ServerNews` is the real one."""

    @property
    def off(self) -> Mapping[str, str]:
        """Why a provider is turned off, by its name."""
        ...

    @property
    def questions(self) -> tuple[SupportQuestion, ...]:
        """What the support waits to read of the person's."""
        ...

    def followed(self, look: Callable[[], None]) -> AbstractContextManager[None]:
        """`look` is called after each change, for as long as it is within."""
        ...


class Clock:
    """Time and chance, passed in so that tests may choose them."""

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def new_message_id(self) -> str:
        """A fresh `m-…`."""
        return message_id(self.now_ms(), os.urandom(10))

    def new_thread_id(self) -> str:
        """A fresh `T-…`."""
        return thread_id(self.now_ms(), os.urandom(10))

    def jitter(self) -> float:
        """A factor of 0.5 to 1.5 for backoff."""
        return 0.5 + os.urandom(1)[0] / 255


@dataclass(frozen=True)
class AgentSettings:
    """The numbers of one agent.

    Attributes:
        context_limit: the model's window in tokens; 0 takes it from the model's name.
        compact_at: the fraction of the window from which the conversation is compacted.
        has_person: somebody can answer permission questions.
        retry_base_ms: the first backoff.
        title_model: who is asked for the thread's title: a model, `small`, or `off`.
    """

    max_rounds: int = 50
    max_retries: int = 3
    retry_base_ms: int = 1_000
    context_limit: int = 0
    compact_at: float = 0.8
    max_tokens: int | None = None
    has_person: bool = True
    mode: Mode = "ask"
    rules: tuple[Rule, ...] = ()
    provider: str = "anthropic"
    model: str = "default"
    title_model: str = "off"


KeepRule = Callable[[Rule, str], Awaitable[None]]
"""Keeps a rule for good: (rule, scope) with scope `project` or `user`. Raises ConfigError."""


@dataclass(frozen=True)
class Services:
    """Everything outside the agent.

    Attributes:
        tools: by name, in the order the model is told of them.
        environment: what children inherit, already cleaned of secrets.
        search: the web through the server.
        keep_rule: writes "always" rules to the project's or the person's config.
        scratch: a private folder for long outputs.
        oracle: provider and model of the second opinion.
        news: None where there is no person to be told.
    """

    store: ThreadStore
    model: Model
    tools: Mapping[str, Tool]
    sandbox: Sandbox
    environment: Mapping[str, str]
    search: Callable[[str, int], Awaitable[tuple[SearchHit, ...]]]
    keep_rule: KeepRule
    scratch: Path
    config_home: Path
    oracle: tuple[str, str] = ("openai", "default")
    news: News | None = None
    clock: Clock = field(default_factory=Clock)
