"""What whoever has a link may see of a conversation: no secrets, images or opaque blocks.

The pages and the JSON are made from the same messages. A credential is looked for in what people
read (colours of a terminal do not hide it), and what is too long is cut.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from loom.core import codec
from loom.core.history import Entry, visible
from loom.core.messages import (
    Block,
    Display,
    Image,
    Message,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Unknown,
)
from loom.markup import clean

MOST_TEXT = 40_000
"""Characters of one text."""

DEEPEST = 40
CUT = "\n[… the rest is too long to be shown]"


class Curtain:
    """Takes out what is not for everybody; `redact` is the redactor that the logs use."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact

    def messages(self, entries: Iterable[Entry]) -> tuple[Message, ...]:
        """The visible messages of person and model, as far as they may be seen."""
        return tuple(self._message(each) for each in visible(entries) if each.role != "system")

    def line(self, text: str) -> str:
        """One line, for a title."""
        return self._redact(clean.one_line(self._redact(text[:MOST_TEXT])))

    def text(self, text: str) -> str:
        """Text or markdown."""
        return self._cut(clean.visible(self._redact(text[:MOST_TEXT])), len(text))

    def output(self, text: str) -> str:
        """What a program printed."""
        return self._cut(clean.plain_output(self._redact(text[:MOST_TEXT])), len(text))

    def _cut(self, text: str, length: int) -> str:
        return self._redact(text) + (CUT if length > MOST_TEXT else "")

    def _message(self, message: Message) -> Message:
        content = tuple(self._blocks(message.content))
        provider, model = self.line(message.provider), self.line(message.model)
        return Message(
            message.role,
            content,
            created_at=message.created_at,
            provider=provider,
            model=model,
            stop_reason=self.line(message.stop_reason),
        )

    def _blocks(self, content: Iterable[Block]) -> Iterator[Block]:
        for block in content:
            match block:
                case Text(text):
                    yield Text(self.text(text))
                case Thinking(text):
                    yield Thinking(self.text(text))
                case Image():
                    yield self._instead_of(block)
                case ToolCall():
                    yield self._call(block)
                case ToolResult():
                    yield self._result(block)
                case Unknown(kind):
                    yield Text(f"[A block of the kind {self.line(kind)}.]")
                case _:
                    pass

    def _instead_of(self, image: Image) -> Text:
        return Text(f"[An image: {self.line(image.media_type)}.]")

    def _call(self, call: ToolCall) -> ToolCall:
        given = codec.encode(call.input)
        name, call_id = self.line(call.name), self.line(call.id)
        if len(given) > MOST_TEXT:
            return ToolCall(call_id, name, malformed=self.text(given.decode()))
        return ToolCall(call_id, name, self._value(call.input, 0), self.text(call.malformed))

    def _result(self, result: ToolResult) -> ToolResult:
        content = tuple(
            Text(self.output(piece.text)) if isinstance(piece, Text) else self._instead_of(piece)
            for piece in result.content
        )
        display = self._display(result.display) if result.display else None
        is_error = result.is_error
        return ToolResult(self.line(result.tool_use_id), content, is_error, display)

    def _display(self, display: Display) -> Display:
        body = self.text if display.kind == "diff" else self.output
        return Display(display.kind, self.line(display.summary), body(display.body))

    def _value(self, value: Any, depth: int) -> Any:
        if depth > DEEPEST:
            return "…"
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.line(k): self._under(k, v, depth + 1) for k, v in value.items()}
        if isinstance(value, list):
            return [self._value(each, depth + 1) for each in value]
        return value

    def _under(self, key: str, value: Any, depth: int) -> Any:
        """A value by its name: `{"Authorization": "…"}` is a secret whatever it looks like."""
        if not isinstance(value, str):
            return self._value(value, depth)
        before = f"{key}: "
        told = self._redact(before + value)
        return self.text(told.removeprefix(before) if told.startswith(before) else told)
