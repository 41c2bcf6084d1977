"""What a wire is to the fake: it checks requests and puts a turn into the provider's own words."""

from typing import Any, Protocol

from tests.fakes.providers.script import Asked, Refusal, Turn


class Wire(Protocol):
    """One provider's protocol.

    Attributes:
        closing: how many events at a stream's end make it whole; trouble leaves them out.
    """

    closing: int

    def asked(self, body: dict[str, Any]) -> Asked:
        """The request, checked. Raises BadRequest."""
        ...

    def stream(self, turn: Turn, model: str) -> list[bytes]:
        """The turn as SSE events."""
        ...

    def whole(self, turn: Turn, model: str) -> bytes:
        """The turn as one JSON body."""
        ...

    def error_event(self) -> bytes:
        """The provider's error inside a stream."""
        ...

    def refusal(self, refusal: Refusal) -> bytes:
        """The provider's error body."""
        ...


def sse(data: str | bytes, event: str = "") -> bytes:
    """One server-sent event."""
    raw = data.encode() if isinstance(data, str) else data
    head = f"event: {event}\n".encode() if event else b""
    return head + b"data: " + raw + b"\n\n"


def text_of(content: Any) -> str:
    """The text in any provider's content: a string, or blocks with `text`."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(filter(None, map(text_of, content)))
    return content.get("text", "") if isinstance(content, dict) else ""
