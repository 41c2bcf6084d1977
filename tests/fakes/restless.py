"""A model that answers anything at any time, drawn from a seed: the agent's other side, unkind."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

from loom.core.errors import ProviderError
from loom.core.llm import Completed, LlmError, LlmEvent, LlmRequest, LlmResponse, TextDelta
from loom.core.messages import Message, Text, ToolCall, Usage

CALLS = (
    ("read_file", {"path": "a.txt"}),
    ("read_file", {"path": "missing.txt"}),
    ("write_file", {"path": "b.txt", "content": "x"}),
    ("bash", {"command": "echo one; sleep 0.02; echo two"}),
    ("bash", {"command": "sleep 30"}),
    ("bash", {"command": "sleep 30", "background": True}),
    ("task", {"description": "some work", "prompt": "do some work"}),
    ("no_such_tool", {}),
)
KINDS = ("transient", "rate_limited", "auth", "context_too_long")


class RestlessModel:
    """Calls tools, fails, waits and reuses call ids, as `random` says."""

    def __init__(self, random: Random) -> None:
        self._random = random

    async def stream(self, provider: str, request: LlmRequest) -> AsyncIterator[LlmEvent]:
        for piece in ("some ", "words"):
            await self._wait()
            yield TextDelta(piece)
        await self._wait()
        yield self._failure() or Completed(self._answer())

    async def complete(self, provider: str, request: LlmRequest) -> LlmResponse:
        await self._wait()
        if failure := self._failure():
            raise ProviderError(failure)
        return LlmResponse(Message("assistant", (Text("NOTES"),)), (), Usage(10, 1), "end_turn")

    async def models(self) -> list[dict]:
        return []

    async def _wait(self) -> None:
        await asyncio.sleep(self._random.choice((0, 0, 0, 0.001, 0.01)))

    def _failure(self) -> LlmError | None:
        if self._random.random() < 0.85:
            return None
        return LlmError("no luck", self._random.choice(KINDS))

    def _answer(self) -> LlmResponse:
        count = self._random.choice((0, 0, 0, 1, 1, 2, 3))
        calls = tuple(self._call() for _ in range(count))
        message = Message("assistant", (Text("some words"), *calls), provider="scripted")
        usage = Usage(self._random.choice((100, 900)), 10)
        return LlmResponse(message, calls, usage, "tool_use" if calls else "end_turn")

    def _call(self) -> ToolCall:
        name, arguments = self._random.choice(CALLS)
        return ToolCall(self._random.choice(("x", "y", "z")), name, arguments)
