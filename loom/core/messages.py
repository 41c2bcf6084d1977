"""What a conversation is made of: messages of content blocks, tool calls and their results, usage.

The block vocabulary is the Anthropic Messages API's; every provider's blocks are translated to it
at the server's edge. All structs are frozen and survive JSON through `loom.core.codec`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct

Role = Literal["system", "user", "assistant"]


class Text(Struct, frozen=True, tag="text", omit_defaults=True):
    """Plain or markdown text."""

    text: str


class Thinking(Struct, frozen=True, tag="thinking", omit_defaults=True):
    """A model's visible reasoning. Replayed only to `provider`, and only when signed."""

    text: str
    signature: str = ""
    provider: str = ""


class Image(Struct, frozen=True, tag="image", omit_defaults=True):
    """An image inline: `data` is base64, `media_type` is `image/png`, `image/jpeg`, …"""

    media_type: str
    data: str


class Display(Struct, frozen=True, omit_defaults=True):
    """How a person sees a tool call or its result; never sent to a model.

    `kind` names the rendering: `command` (body is terminal output or a command line), `diff` (body
    is a unified diff), `text`, `listing`, `todo`. `summary` is one line without markup.
    """

    kind: Literal["command", "diff", "text", "listing", "todo"]
    summary: str = ""
    body: str = ""


class ToolCall(Struct, frozen=True, tag="tool_use", omit_defaults=True):
    """One request of the model to run a tool.

    `malformed` holds the arguments' raw text when they were not a JSON object; `input` is then
    empty and the call is answered with an error. `signature` is Gemini's thought signature, which
    must be replayed with the call (provider-opaque).
    """

    id: str
    name: str
    input: dict[str, Any] = {}
    malformed: str = ""
    signature: str = ""


class ToolResult(Struct, frozen=True, tag="tool_result", omit_defaults=True):
    """The answer to the ToolCall with id `tool_use_id`. `display` is for people only."""

    tool_use_id: str
    content: tuple[Text | Image, ...] = ()
    is_error: bool = False
    display: Display | None = None
    duration_ms: int = 0


class Opaque(Struct, frozen=True, tag="opaque", omit_defaults=True):
    """A provider's own block (redacted thinking, a reasoning item) kept for replay to it alone."""

    provider: str
    data: dict[str, Any]


class Unknown(Struct, frozen=True, tag="unknown", omit_defaults=True):
    """A block written by a newer Loom: `kind` is its tag, `raw` the whole object."""

    kind: str
    raw: dict[str, Any] = {}


Block = Text | Thinking | Image | ToolCall | ToolResult | Opaque | Unknown


class Usage(Struct, frozen=True, omit_defaults=True):
    """Tokens of one response, or a sum of several.

    `input_tokens` excludes what was read from or written to the provider's prompt cache;
    `output_tokens` includes reasoning. `cache_write_long_tokens` are those of
    `cache_write_tokens` that the provider keeps for longer, at a higher price.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_long_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.cache_write_long_tokens + other.cache_write_long_tokens,
        )

    @property
    def context_tokens(self) -> int:
        """What the next request starts from: everything sent plus everything answered."""
        return (
            self.input_tokens
            + self.output_tokens
            + self.cache_read_tokens
            + self.cache_write_tokens
        )


class Message(Struct, frozen=True, omit_defaults=True):
    """One message of a conversation.

    Tool results travel as a `user` message of ToolResult blocks. `stop_reason` is one of
    `end_turn`, `tool_use`, `max_tokens`, `stop_sequence`, `refusal`, `cancelled`, or empty.
    """

    role: Role
    content: tuple[Block, ...] = ()
    id: str = ""
    created_at: int = 0
    provider: str = ""
    model: str = ""
    usage: Usage | None = None
    stop_reason: str = ""

    @property
    def text(self) -> str:
        """The Text blocks joined; thinking and tool blocks are left out."""
        return "".join(block.text for block in self.content if isinstance(block, Text))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls this message asks for, in order."""
        return tuple(block for block in self.content if isinstance(block, ToolCall))

    @property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """The answers this message carries, in order."""
        return tuple(block for block in self.content if isinstance(block, ToolResult))


class ToolDefinition(Struct, frozen=True, omit_defaults=True):
    """A tool as the model is told of it; `input_schema` is JSON Schema of an object."""

    name: str
    description: str = ""
    input_schema: dict[str, Any] = {}


class TodoItem(Struct, frozen=True, omit_defaults=True):
    """One step of the agent's visible plan."""

    text: str
    status: Literal["pending", "in_progress", "done"] = "pending"


class Thread(Struct, frozen=True, omit_defaults=True):
    """A conversation's head line: everything about it but its entries. Times are Unix ms."""

    id: str
    title: str = ""
    workspace: str = ""
    created_at: int = 0
    updated_at: int = 0
    version: int = 0
    message_count: int = 0
    provider: str = ""
    model: str = ""
    git_branch: str = ""
    git_remote: str = ""
    git_commit: str = ""
    tags: tuple[str, ...] = ()
    is_private: bool = False
    is_pinned: bool = False
    parent: str = ""


RAN_IN_SHELL = "I ran this in the shell:\n\n$ "
"""How a message begins that reports a shell line of the person: the line and its output follow."""


def text_of(content: Iterable[Block]) -> str:
    """Every piece of text in `content`, tool results included: what search and estimates read."""
    parts: list[str] = []
    for block in content:
        if isinstance(block, (Text, Thinking)):
            parts.append(block.text)
        elif isinstance(block, ToolResult):
            parts.extend(piece.text for piece in block.content if isinstance(piece, Text))
        elif isinstance(block, ToolCall):
            parts.append(f"{block.name} {block.input}")
    return "\n".join(parts)


def estimate_tokens(message: Message) -> int:
    """A rough size in tokens: four characters each, 1,500 for an image, 4 for the envelope."""
    images = sum(isinstance(block, Image) for block in message.content)
    for result in message.tool_results:
        images += sum(isinstance(piece, Image) for piece in result.content)
    return len(text_of(message.content)) // 4 + 1_500 * images + 4


def size_of(messages: Sequence[Message]) -> int:
    """Tokens of a conversation: as the provider last counted them, and estimates from there on.

    The provider's count includes the system prompt and the tools; it is not taken where the
    estimates alone are larger, for then it is of a conversation that was compacted.
    """
    estimates = sum(map(estimate_tokens, messages))
    since = 0
    for message in reversed(messages):
        if message.usage and message.usage.context_tokens:
            return max(estimates, message.usage.context_tokens + since)
        since += estimate_tokens(message)
    return estimates


def unanswered(messages: Iterable[Message]) -> tuple[ToolCall, ...]:
    """Tool calls that no later message answers, in call order."""
    open_calls: dict[str, ToolCall] = {}
    for message in messages:
        for call in message.tool_calls:
            open_calls[call.id] = call
        for result in message.tool_results:
            open_calls.pop(result.tool_use_id, None)
    return tuple(open_calls.values())


def error_result(call_id: str, text: str, duration_ms: int = 0) -> ToolResult:
    """A failed call's answer; the text reaches the model prefixed by `Error: `."""
    return ToolResult(call_id, (Text(f"Error: {text}"),), is_error=True, duration_ms=duration_ms)
