"""A model that follows a script: the agent's other side without a network."""

import asyncio
from collections.abc import AsyncIterator, Callable

from loom.core.errors import ProviderError
from loom.core.llm import (
    Completed,
    LlmError,
    LlmEvent,
    LlmRequest,
    LlmResponse,
    TextDelta,
    ToolCallDelta,
)
from loom.core.messages import Message, Text, ToolCall, Usage

Turn = list[LlmEvent] | Callable[[LlmRequest], list[LlmEvent]]


def says(
    text: str, *calls: ToolCall, usage: Usage | None = None, pieces: int = 3
) -> list[LlmEvent]:
    """One answer: `text` in pieces, then `calls`, then the terminal event."""
    step = max(1, len(text) // pieces)
    deltas: list[LlmEvent] = [TextDelta(text[i : i + step]) for i in range(0, len(text), step)]
    deltas += [ToolCallDelta(call.id, call.name, "{}") for call in calls]
    blocks = ((Text(text),) if text else ()) + calls
    message = Message("assistant", blocks, provider="scripted", model="scripted-1")
    reason = "tool_use" if calls else "end_turn"
    response = LlmResponse(message, calls, usage or Usage(100, 10), reason)
    return [*deltas, Completed(response)]


class ScriptedModel:
    """Plays `turns` in order, then the last one for ever; keeps every request.

    `hold` names a 0-based turn whose answer stops before its terminal event until `release` is set.
    """

    def __init__(self, *turns: Turn, hold: int | None = None) -> None:
        self._turns = turns
        self._hold = hold
        self.requests: list[LlmRequest] = []
        self.release = asyncio.Event()
        self.cancelled = 0

    async def stream(self, provider: str, request: LlmRequest) -> AsyncIterator[LlmEvent]:
        index = len(self.requests)
        self.requests.append(request)
        try:
            for event in self._events(request, index):
                if isinstance(event, (Completed, LlmError)) and index == self._hold:
                    await self.release.wait()
                await asyncio.sleep(0)
                yield event
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    async def complete(self, provider: str, request: LlmRequest) -> LlmResponse:
        index = len(self.requests)
        self.requests.append(request)
        last = self._events(request, index)[-1]
        if isinstance(last, Completed):
            return last.response
        assert isinstance(last, LlmError)
        raise ProviderError(last)

    async def models(self) -> list[dict]:
        row = {"provider": "scripted", "model": "scripted-1"}
        return [{**row, "is_configured": True, "is_default": True}]

    def _events(self, request: LlmRequest, index: int) -> list[LlmEvent]:
        turn = self._turns[min(index, len(self._turns) - 1)]
        return turn(request) if callable(turn) else turn
