"""What a provider is to the proxy: it prepares upstream requests and decodes upstream answers.

Providers do no I/O; `loom.server.routes.proxy` moves the bytes. A decoder is fed chunks as they
arrive, however they were cut, and yields Loom's events; it emits exactly one terminal event
(Completed or LlmError), on `feed` or at the latest on `finish`.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from loom.core.llm import LlmError, LlmEvent, LlmRequest, LlmResponse
from loom.core.messages import Usage
from loom.secrets import Secret


@dataclass(frozen=True)
class AccountSettings:
    """One of several keys for a provider.

    Attributes:
        base_url: empty for the provider's.
        weight: its part of the requests, against the others'.
        max_concurrent: requests at a time; 0 for no limit.
    """

    name: str
    api_key: Secret | None = None
    base_url: str = ""
    weight: int = 1
    max_concurrent: int = 0


@dataclass(frozen=True)
class PoolSettings:
    """How a provider's accounts share its requests.

    Attributes:
        max_concurrent: requests at a time over all accounts; 0 for no limit.
        max_queued: how many may wait for a place.
        timeout_queue: seconds that one waits at most.
    """

    strategy: Literal["round_robin", "first_available"] = "round_robin"
    max_concurrent: int = 0
    max_queued: int = 100
    timeout_queue: float = 30.0


@dataclass(frozen=True)
class ProviderSettings:
    """How the server reaches one provider.

    Attributes:
        base_url: without a trailing slash; set by the operator, never by a client.
        model: what "default" means.
        headers: extra headers for every request, such as an organization.
        timeout_first_byte, timeout_idle: seconds without the first, or the next, upstream byte.
        timeout_answer: seconds until an answer has ended.
        project, location: Vertex only.
        wire: OpenAI only: `chat` or `responses`; empty chooses by host and model.
        accounts: its keys where it has several; `api_key` is then the first one's.
    """

    name: str
    base_url: str = ""
    api_key: Secret | None = None
    model: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_first_byte: float = 120.0
    timeout_idle: float = 90.0
    timeout_answer: float = 3600.0
    project: str = ""
    location: str = ""
    wire: str = ""
    accounts: tuple[AccountSettings, ...] = ()
    pool: PoolSettings = field(default_factory=PoolSettings)


@dataclass(frozen=True)
class UpstreamRequest:
    """One request to send. `headers` hold the key: never log them.

    `wire` names the protocol of the answer, for providers that speak several: it is handed to
    `response` or `decoder`.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    wire: str = ""


class StreamDecoder(Protocol):
    """Upstream's SSE bytes to Loom's events."""

    is_finished: bool

    @property
    def usage(self) -> Usage:
        """The tokens that were told so far."""
        ...

    def feed(self, chunk: bytes) -> list[LlmEvent]:
        """Events completed by this chunk; nothing after the terminal event."""
        ...

    def finish(self) -> list[LlmEvent]:
        """The stream's end: a truncation error unless the terminal event was already given."""
        ...


class UpstreamProvider(Protocol):
    """A provider reached over HTTP."""

    settings: ProviderSettings

    @property
    def is_configured(self) -> bool:
        """Whether a request could be sent at all."""
        ...

    async def prepare(self, request: LlmRequest, *, stream: bool) -> UpstreamRequest:
        """The request on this provider's wire; `default` model replaced. May fetch a token.

        Raises ProviderError (`invalid_request`, `not_configured`, `auth`).
        """
        ...

    def response(self, body: bytes, wire: str = "") -> LlmResponse:
        """A whole 200 answer. Raises ProviderError (`invalid_response`)."""
        ...

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> LlmError:
        """A non-200 answer, classified, with Retry-After in seconds; never quotes a key."""
        ...

    def decoder(self, wire: str = "") -> StreamDecoder:
        """A fresh decoder for one streamed answer."""
        ...


class LocalProvider(ABC):
    """A provider that needs no upstream: the demo.

    No Protocol, since every request asks whether it is one: Python looks through all members then.
    """

    settings: ProviderSettings

    @property
    def is_configured(self) -> bool:
        """Always true."""
        return True

    @abstractmethod
    def answer(self, request: LlmRequest) -> AsyncIterator[LlmEvent]:
        """The events of one answer, paced like a model's; exactly one terminal event."""


Provider = UpstreamProvider | LocalProvider
