"""What is asked of a model and what comes back, as Loom's own wire carries it.

Paths, event name and tags are the catalogue's envelope (`event: llm`, tag `type`); the payload is
content blocks.
"""

from typing import Literal

from msgspec import Struct

from loom.core.messages import Message, ToolCall, ToolDefinition, Usage

ErrorKind = Literal[
    "transient",  # network, 5xx, overloaded, stalled, truncated: retry
    "rate_limited",  # 429: retry after `retry_after`
    "quota",  # credit or plan used up: do not retry
    "auth",  # the server's key was refused, or the client's token
    "not_configured",  # the server has no key for this provider
    "invalid_request",  # the provider refuses the request itself
    "context_too_long",  # compact, then retry once
    "invalid_response",  # the provider answered with something that is not its protocol
]

RETRYABLE: frozenset[str] = frozenset({"transient", "rate_limited"})


class LlmRequest(Struct, frozen=True, omit_defaults=True):
    """One request. `model` "default" is replaced by the server; messages may hold `system` ones.

    `thinking_tokens` asks for visible reasoning of at most that many tokens where the provider
    has it. `thread_id` travels for accounting and sticky caching only.
    """

    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolDefinition, ...] = ()
    max_tokens: int | None = None
    temperature: float | None = None
    thinking_tokens: int | None = None
    thread_id: str = ""


class LlmResponse(Struct, frozen=True, omit_defaults=True):
    """A finished answer. `tool_calls` repeats the message's calls, for readers of the catalogue.

    `cost_usd`: what it cost; None where the server knows no price. `notice`: what the person is to
    be told beside it, such as a budget that is nearly used up.
    """

    message: Message
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage = Usage()
    finish_reason: str = ""
    cost_usd: float | None = None
    notice: str = ""


class TextDelta(Struct, frozen=True, tag="text_delta"):
    """A piece of the answer's text."""

    content: str


class ThinkingDelta(Struct, frozen=True, tag="thinking_delta"):
    """A piece of the model's visible reasoning."""

    content: str


class ToolCallDelta(Struct, frozen=True, tag="tool_call_delta"):
    """A piece of a call's JSON arguments; the first delta of a call may have an empty fragment."""

    call_id: str
    tool_name: str
    arguments_fragment: str


class Completed(Struct, frozen=True, tag="completed"):
    """The one good end of a stream."""

    response: LlmResponse


class LlmError(Struct, frozen=True, tag="error", omit_defaults=True):
    """The one bad end of a stream, or the body of a refused request.

    `message` is safe to show: it holds no key. `retry_after` is in seconds.
    """

    message: str
    kind: ErrorKind = "transient"
    retry_after: float | None = None
    status: int = 0
    request_id: str = ""
    hint: str = ""


LlmEvent = TextDelta | ThinkingDelta | ToolCallDelta | Completed | LlmError
