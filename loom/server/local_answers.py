"""Answers of providers that need no upstream."""

from loom.core.errors import ProviderError
from loom.core.llm import Completed, LlmError, LlmRequest, LlmResponse
from loom.server.event_stream import EventStream
from loom.server.llm.base import LocalProvider


async def played(provider: LocalProvider, asked: LlmRequest, out: EventStream) -> None:
    """Fills `out` to its end. Raises ProviderError when there is none."""
    await out.open()
    async for event in provider.answer(asked):
        await out.send([event])
    if out.end is None:
        raise ProviderError(_unended(provider))
    await out.close()


async def collected(provider: LocalProvider, asked: LlmRequest) -> LlmResponse:
    """The whole answer. Raises ProviderError."""
    async for event in provider.answer(asked):
        if isinstance(event, Completed):
            return event.response
        if isinstance(event, LlmError):
            raise ProviderError(event)
    raise ProviderError(_unended(provider))


def _unended(provider: LocalProvider) -> LlmError:
    return LlmError(f"{provider.settings.name} ended without an answer")
