"""A compaction as it is carried out: begun, summarised beside the loop, written in the loop."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loom.agent.record import COMPACTION_BEGUN, COMPACTION_ENDED
from loom.core.errors import ProviderError, StoreError
from loom.core.history import CompactionEntry, Entry
from loom.core.llm import LlmError
from loom.core.messages import Message
from loom.core.protocol import Compacted, CompactionStarted
from loom.core.state import CompactHistory, CompactionCompleted, CompactionFailed

if TYPE_CHECKING:
    from loom.agent.runtime import Runtime


@dataclass(frozen=True)
class Summarised:
    """A summary that the loop must write: no Cancel can come between disk and memory there.

    Attributes:
        ended: rows that go to disk whether the summary does or not.
        taken: set by the loop; until then the task may still be stopped.
    """

    entry: CompactionEntry
    message: Message
    ended: tuple[Entry, ...]
    taken: asyncio.Event = field(default_factory=asyncio.Event)


class Compactor:
    """Summarises the conversation of one runtime."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime

    async def begin(self, action: CompactHistory) -> None:
        """Say that it began; one outside a turn on disk first. Raises StoreError."""
        if not action.automatic:
            await self._runtime.record.commit(COMPACTION_BEGUN)
        self._runtime.log.emit(CompactionStarted(automatic=action.automatic))

    async def summarise(self, action: CompactHistory) -> None:
        """Make the summary and hand it to the loop, or post why there is none."""
        record, ended = self._runtime.record, () if action.automatic else (COMPACTION_ENDED,)
        is_taken = False
        try:
            folded = len(await record.messages())
            entry, message = await self._runtime.requests.compact(
                action.messages, action.instructions, folded
            )
            summarised = Summarised(entry, message, ended)
            self._runtime.inbox.post(summarised)
            is_taken = await summarised.taken.wait()
        except (ProviderError, StoreError) as error:
            await record.try_commit(*ended)
            is_taken = True
            self._runtime.post(CompactionFailed(_as_llm_error(error)))
        finally:
            if not is_taken:
                await record.try_commit(*ended)

    async def fold(self, done: Summarised) -> CompactionCompleted | CompactionFailed:
        """Write the summary's row; what the machine is to know of it."""
        done.taken.set()
        try:
            await self._runtime.record.commit(done.entry, *done.ended)
        except StoreError as error:
            self._runtime.record.owe(*done.ended)
            return CompactionFailed(_as_llm_error(error))
        entry = done.entry
        self._runtime.log.emit(
            Compacted(
                summary=entry.summary,
                folded=entry.folded,
                tokens_before=entry.tokens_before,
                tokens_after=entry.tokens_after,
            )
        )
        return CompactionCompleted((done.message,), entry.tokens_after)


def _as_llm_error(error: ProviderError | StoreError) -> LlmError:
    if isinstance(error, ProviderError):
        return error.error
    return LlmError(error.message, "invalid_request", hint=error.hint)
