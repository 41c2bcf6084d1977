"""Loom's history in the one shape that every provider accepts.

After `conversation()`: system text stands apart; user and assistant turns alternate, beginning and
ending with the user; a turn's tool results come first, in call order, one for each call of the turn
before; call ids are unique and of a charset that all take; blank text, other providers' reasoning
and images nobody reads are gone. The history may have been cut by a compaction, written by another
provider or an older Loom, or broken off by a crash: whatever Loom stored comes out valid here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

from loom.core.errors import ProviderError
from loom.core.llm import LlmError
from loom.core.messages import (
    Block,
    Image,
    Message,
    Opaque,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    error_result,
)

IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_CALL_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_UNANSWERED = "the tool call was interrupted and has no result."
_CONTINUE = Text("Continue.")


@dataclass(frozen=True)
class UserTurn:
    """What the person and the tools say: the results of the calls before, then the rest."""

    results: tuple[ToolResult, ...] = ()
    content: tuple[Text | Image, ...] = ()


@dataclass(frozen=True)
class AssistantTurn:
    """What the model said; never empty."""

    content: tuple[Text | Thinking | ToolCall | Opaque, ...]

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The turn's calls, in order."""
        return tuple(block for block in self.content if isinstance(block, ToolCall))


@dataclass(frozen=True)
class Conversation:
    """A history ready for a wire; `turns` alternate, from a UserTurn to a UserTurn."""

    system: str
    turns: tuple[UserTurn | AssistantTurn, ...]


def conversation(messages: Iterable[Message], provider: str) -> Conversation:
    """The history as `provider` may see it.

    Args:
        provider: whose reasoning (Thinking when signed, Opaque) is kept.

    Raises:
        ProviderError: nothing in the history can be sent.
    """
    messages = tuple(messages)
    system = "\n\n".join(
        message.text for message in messages if message.role == "system" and message.text.strip()
    )
    made = _Turns(provider)
    for message in messages:
        if message.role == "user":
            made.hear(message.content)
        elif message.role == "assistant":
            made.say(message.content)
    turns = made.finished()
    if not turns:
        raise ProviderError(LlmError("There is no message to answer.", "invalid_request"))
    return Conversation(system, turns)


@dataclass
class _Turns:
    """Builds alternating turns.

    `_open` maps a call's own id to the ids it was given, `_uses` to how many names were tried.
    """

    provider: str
    _turns: list[UserTurn | AssistantTurn] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _uses: dict[str, int] = field(default_factory=dict)
    _open: dict[str, list[str]] = field(default_factory=dict)
    _answers: dict[str, ToolResult] = field(default_factory=dict)
    _heard: list[Text | Image] = field(default_factory=list)
    _said: list[Text | Thinking | ToolCall | Opaque] = field(default_factory=list)

    def hear(self, blocks: Iterable[Block]) -> None:
        """Adds a user message's blocks to the user turn in the making."""
        for block in blocks:
            if isinstance(block, ToolResult):
                self._answer(block)
            elif isinstance(block, (Text, Image)) and (piece := _readable(block)) is not None:
                self._heard.append(piece)

    def say(self, blocks: Iterable[Block]) -> None:
        """Adds an assistant message, to the turn before when nothing came between."""
        spoken = [kept for block in blocks if (kept := self._spoken(block)) is not None]
        if not any(isinstance(block, (Text, ToolCall)) for block in spoken):
            return
        if self._open or self._heard or not self._said:
            self._end_user_turn()
        self._said.extend(self._named(block) for block in spoken)

    def finished(self) -> tuple[UserTurn | AssistantTurn, ...]:
        """The turns; empty when there is nothing to answer."""
        if self._turns or self._heard or self._said:
            self._end_user_turn()
        return tuple(self._turns)

    def _answer(self, result: ToolResult) -> None:
        content = tuple(piece for block in result.content if (piece := _readable(block)))
        waiting = self._open.get(result.tool_use_id)
        if waiting:
            call_id = waiting.pop(0)
            self._answers[call_id] = ToolResult(call_id, content, result.is_error)
        elif content:
            # Its call was folded away: the model still learns what was found.
            self._heard.extend((Text("Result of an earlier tool call:"), *content))

    def _end_user_turn(self) -> None:
        """Ends the assistant's turn in the making, if there is one, and the user's after it."""
        calls = [block for block in self._said if isinstance(block, ToolCall)]
        if self._said:
            self._turns.append(AssistantTurn(tuple(self._said)))
        results = tuple(
            self._answers.get(call.id) or error_result(call.id, _UNANSWERED) for call in calls
        )
        content = tuple(self._heard) if results or self._heard else (_CONTINUE,)
        self._turns.append(UserTurn(results, content))
        self._said.clear()
        self._heard.clear()
        self._answers.clear()
        self._open.clear()

    def _spoken(self, block: Block) -> Text | Thinking | ToolCall | Opaque | None:
        if isinstance(block, Text):
            return block if block.text.strip() else None
        if isinstance(block, Thinking):
            return block if block.provider == self.provider and block.signature else None
        if isinstance(block, Opaque):
            return block if block.provider == self.provider else None
        return block if isinstance(block, ToolCall) else None

    def _named(
        self, block: Text | Thinking | ToolCall | Opaque
    ) -> Text | Thinking | ToolCall | Opaque:
        """A call under an id that is unique and that all providers take; others as they are."""
        if not isinstance(block, ToolCall):
            return block
        call_id = self._unique(block.id)
        self._open.setdefault(block.id, []).append(call_id)
        name = re.sub(r"[^A-Za-z0-9_-]", "_", block.name)[:64] or "unknown_tool"
        return ToolCall(call_id, name, block.input, signature=block.signature)

    def _unique(self, given: str) -> str:
        """`given` where it is fit and new, else a name that a next run makes of it too."""
        call_id = given
        while call_id in self._seen or not _CALL_ID.fullmatch(call_id):
            # Counted on from the last use: models that call every call alike make thousands.
            ordinal = self._uses.get(given, 0)
            self._uses[given] = ordinal + 1
            digest = blake2b(f"{ordinal}:{given}".encode("utf-8", "replace"), digest_size=12)
            call_id = "call_" + digest.hexdigest()
        self._seen.add(call_id)
        return call_id


def _readable(block: Text | Image) -> Text | Image | None:
    """The block, words in its place when no provider reads it, or None when it is blank."""
    if isinstance(block, Text):
        return block if block.text.strip() else None
    if block.media_type in IMAGE_TYPES and block.data:
        return block
    return Text(f"[An image of type {block.media_type or 'unknown'} was left out.]")
