"""A model's answer while it is being written: its parts in order, and the message they make."""

import json
from collections.abc import Iterable
from secrets import token_hex
from typing import Any, Protocol

import msgspec

from loom.core.llm import Completed, LlmResponse
from loom.core.messages import Block, Message, Text, Thinking, ToolCall, Usage

MAX_DEPTH = 64
"""Levels of a call's arguments: what can just be decoded here could not be encoded elsewhere,
where the stack is deeper, and the thread could never be sent again."""


MAX_APART = 12
"""Pieces of a text that are not joined yet, at most."""


class Part(Protocol):
    """One content block in the making."""

    def block(self) -> Block | None:
        """The finished block, or None when nothing came of it."""
        ...


class Pieces(list[str]):
    """A text piece by piece, of which few stay apart: a word as a string takes ten times its
    letters, and a server holds thousands of answers.
    """

    __slots__ = ("_blocks",)

    def __init__(self) -> None:
        super().__init__()
        self._blocks = 0

    def append(self, piece: str) -> None:
        """One more."""
        super().append(piece)
        if len(self) - self._blocks >= MAX_APART:
            self[self._blocks :] = ["".join(self[self._blocks :])]
            self._blocks += 1


class TextPart:
    """Text, piece by piece."""

    __slots__ = ("pieces",)

    def __init__(self) -> None:
        self.pieces = Pieces()

    def block(self) -> Text | None:
        """The text; None when it stayed empty."""
        text = "".join(self.pieces)
        return Text(text) if text else None


class ThinkingPart:
    """Reasoning, piece by piece; `provider` is who may be sent it again, once it is signed."""

    __slots__ = ("pieces", "provider", "signature")

    def __init__(self, provider: str, signature: str = "") -> None:
        self.provider = provider
        self.signature = signature
        self.pieces = Pieces()

    def block(self) -> Thinking | None:
        """The reasoning; kept when it is signed though its text is withheld."""
        text = "".join(self.pieces)
        return Thinking(text, self.signature, self.provider) if text or self.signature else None


class CallPart:
    """A tool call, its JSON arguments piece by piece; `given` is used when no piece comes."""

    __slots__ = ("given", "id", "name", "pieces", "signature")

    def __init__(self, call_id: str, name: str, given: dict[str, Any] | None = None) -> None:
        self.id = call_id
        self.name = name
        self.given = given or {}
        self.signature = ""
        self.pieces = Pieces()

    def block(self) -> ToolCall:
        """The call, `malformed` when its arguments are no JSON object or nested too deeply."""
        raw = "".join(self.pieces)
        arguments = _object(raw) if raw.strip() else self.given
        if arguments is None or not _is_flat(arguments):
            malformed = raw or f"(nested deeper than {MAX_DEPTH} levels)"
            return ToolCall(self.id, self.name, malformed=malformed, signature=self.signature)
        return ToolCall(self.id, self.name, arguments, signature=self.signature)


class WholePart:
    """A block that came in one piece."""

    __slots__ = ("_block",)

    def __init__(self, block: Block) -> None:
        self._block = block

    def block(self) -> Block:
        """The block as it came."""
        return self._block


class Answer:
    """Collects an answer's parts, its model and its usage.

    Args:
        provider: the name that the message carries.
        model: the model asked for, until the provider says which one answered.
    """

    def __init__(self, provider: str, model: str = "") -> None:
        self.provider = provider
        self.model = model
        self.usage = Usage()
        self.parts: list[Part] = []

    def text(self) -> TextPart:
        """The text part at the end, begun if the last part is another."""
        last = self.parts[-1] if self.parts else None
        if not isinstance(last, TextPart):
            last = TextPart()
            self.parts.append(last)
        return last

    def thinking(self, provider: str) -> ThinkingPart:
        """The unsigned reasoning at the end, begun if the last part is another."""
        last = self.parts[-1] if self.parts else None
        if not isinstance(last, ThinkingPart) or last.signature:
            last = ThinkingPart(provider)
            self.parts.append(last)
        return last

    def completed(self, finish_reason: str, stop_reason: str) -> Completed:
        """The terminal event.

        Args:
            finish_reason: the provider's own word.
            stop_reason: one of `Message.stop_reason`; empty leaves it to the calls.
        """
        blocks = tuple(block for part in self.parts if (block := part.block()) is not None)
        calls = tuple(block for block in blocks if isinstance(block, ToolCall))
        if stop_reason in ("", "end_turn"):
            stop_reason = "tool_use" if calls else "end_turn"
        message = Message(
            "assistant",
            blocks,
            provider=self.provider,
            model=self.model,
            usage=self.usage,
            stop_reason=stop_reason,
        )
        return Completed(LlmResponse(message, calls, self.usage, finish_reason or stop_reason))


def new_call_id() -> str:
    """An id for a tool call that came without one."""
    return f"call_{token_hex(12)}"


def _object(raw: str) -> dict[str, Any] | None:
    """The JSON object in `raw`, or None."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        value = _repaired_object(raw)
    return value if isinstance(value, dict) else None


def _is_flat(tree: Any) -> bool:
    """Whether `tree` has at most MAX_DEPTH levels."""
    layer = [tree]
    for _ in range(MAX_DEPTH):
        layer = [child for node in layer for child in _children(node)]
        if not layer:
            return True
    return False


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _repaired_object(raw: str) -> Any:
    """As `json` reads it: it takes half surrogate pairs, which become U+FFFD here."""
    try:
        return repaired(json.loads(raw, parse_constant=_refused))
    except (ValueError, RecursionError):
        return None


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def repaired(tree: Any) -> Any:
    """`tree` with every half of a surrogate pair replaced, so that it can be encoded again."""
    if isinstance(tree, str):
        return tree.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(tree, list):
        return [repaired(item) for item in tree]
    if isinstance(tree, dict):
        return {repaired(key): repaired(value) for key, value in tree.items()}
    return tree
