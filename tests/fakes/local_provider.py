"""A provider without an upstream: it plays the events it is given."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from loom.core.llm import LlmEvent, LlmRequest
from loom.server.llm.base import LocalProvider, ProviderSettings


class PlayedProvider(LocalProvider):
    """Plays `events`; then raises `failure`, or waits for ever when `stalls`."""

    def __init__(
        self,
        events: Sequence[LlmEvent],
        failure: Exception | None = None,
        *,
        stalls: bool = False,
    ) -> None:
        self.settings = ProviderSettings("played", model="played-1")
        self.is_left = asyncio.Event()
        self._events = events
        self._failure = failure
        self._stalls = stalls

    async def answer(self, request: LlmRequest) -> AsyncIterator[LlmEvent]:
        try:
            for event in self._events:
                yield event
            if self._failure is not None:
                raise self._failure
            if self._stalls:
                await asyncio.Event().wait()
        finally:
            self.is_left.set()
