"""What a fake provider plays: turns of text, thinking and tool calls, and what goes wrong."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any


@dataclass(frozen=True)
class Say:
    """Text, sent in pieces of `size` characters."""

    text: str
    size: int = 12

    @property
    def pieces(self) -> list[str]:
        return cut(self.text, self.size)


@dataclass(frozen=True)
class Think:
    """Visible reasoning with the signature that must come back with it."""

    text: str
    signature: str = "c2lnbmF0dXJl"
    size: int = 12

    @property
    def pieces(self) -> list[str]:
        return cut(self.text, self.size)


@dataclass(frozen=True)
class Call:
    """A tool call; `raw` replaces the arguments' JSON, to send what is none."""

    name: str
    input: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    raw: str = ""
    size: int = 12

    @property
    def arguments(self) -> str:
        return self.raw or json.dumps(self.input)

    @property
    def pieces(self) -> list[str]:
        return cut(self.arguments, self.size)


Part = Say | Think | Call


@dataclass(frozen=True)
class Tokens:
    """What the turn costs; `input` excludes the cache, `output` includes reasoning."""

    input: int = 11
    output: int = 7
    cache_read: int = 5
    cache_write: int = 0


class Trouble(Enum):
    """How a stream misbehaves after its parts were sent, in place of its proper end."""

    NONE = auto()
    SILENCE = auto()  # nothing at all is sent, not even a status
    STALL = auto()  # the connection stays open, nothing more comes
    DIE = auto()  # the connection is cut
    TRUNCATE = auto()  # the body ends well before its terminal event
    GARBAGE = auto()  # an event that is not JSON
    ERROR = auto()  # the provider's own error event
    HALF_CHARACTER = auto()  # the body ends within a UTF-8 character


@dataclass(frozen=True)
class Turn:
    """One answer.

    Attributes:
        stop: the provider-independent reason: "", "max_tokens" or "refusal".
        delay: seconds before each event.
    """

    parts: tuple[Part, ...]
    tokens: Tokens
    stop: str
    delay: float
    trouble: Trouble

    def __init__(
        self,
        *parts: Part,
        tokens: Tokens | None = None,
        stop: str = "",
        delay: float = 0.0,
        trouble: Trouble = Trouble.NONE,
    ) -> None:
        for name, value in {
            "parts": parts,
            "tokens": tokens or Tokens(),
            "stop": stop,
            "delay": delay,
            "trouble": trouble,
        }.items():
            object.__setattr__(self, name, value)

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(part for part in self.parts if isinstance(part, Call))

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Say))


@dataclass(frozen=True)
class Refusal:
    """An answer other than 200: the provider's error body, or `body` as it is (HTML, say)."""

    status: int
    kind: str = "api_error"
    message: str = "the fake refuses"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True)
class Asked:
    """What a request asks, whatever its wire.

    Attributes:
        text: the last message's text, without tool results.
        results: texts of the tool results that came with the last message.
    """

    wire: str
    model: str
    is_stream: bool
    tools: tuple[str, ...] = ()
    text: str = ""
    results: tuple[str, ...] = ()


Step = Turn | Refusal
Script = Sequence[Step] | Callable[[Asked], Step]


def cut(text: str, size: int) -> list[str]:
    """`text` in pieces of `size` characters; one empty piece for an empty text."""
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]


def default_script(asked: Asked) -> Step:
    """Text, then one `read_file` call if that tool is offered, then a last word on its result."""
    if asked.results:
        return Turn(Say(f"I have read it. It begins: {asked.results[0][:60]}"))
    if "read_file" in asked.tools:
        return Turn(Say("I will read the README first."), Call("read_file", {"path": "README.md"}))
    return Turn(Say(f"You said: {asked.text[:200]}"))
