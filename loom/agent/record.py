"""The session's thread on disk: what is committed, what is owed, and repair after a crash."""

from collections.abc import Sequence
from typing import Any

from loom.core.errors import StoreError
from loom.core.history import (
    CheckpointEntry,
    CompactionUndoneEntry,
    Entry,
    Interrupted,
    ToolResultEntry,
    interrupted,
    standing_compaction,
    unfinished_turn,
    visible,
)
from loom.core.messages import Message, Thread, ToolResult, error_result
from loom.core.protocol import Notice
from loom.threads.store import ThreadStore

BEGAN = (
    "interrupted: Loom stopped while this ran. It may have had effects; "
    "it was not run again. Look before you repeat it."
)
NEVER_BEGAN = "interrupted: Loom stopped before this ran"

COMPACTION_BEGUN = CheckpointEntry("turn_started", reason="compaction")
COMPACTION_ENDED = CheckpointEntry("turn_finished", reason="compaction")
"""Around a compaction that the person asked for; one within a turn is part of that."""
STOPPED_COMPACTING = Notice(
    text="Loom was stopped while it compacted the conversation, which is as it was.",
    level="warning",
    hint="Compact it again: /compact.",
)


class Record:
    """Writes one thread. Rows that are owed go first, as soon as writing works."""

    def __init__(self, store: ThreadStore, thread: Thread) -> None:
        self._store = store
        self.thread = thread
        self._owed: tuple[Entry, ...] = ()

    async def entries(self) -> tuple[Entry, ...]:
        """Every row of the visible history, in order, those that are owed at its end."""
        return (*await self._store.entries(self.thread.id), *self._owed)

    async def messages(self) -> tuple[Message, ...]:
        """The conversation as a person sees it."""
        return visible(await self.entries())

    def owe(self, *entries: Entry) -> None:
        """Write these before anything else, with the next commit."""
        self._owed += entries

    async def commit(self, *entries: Entry) -> None:
        """Durable on return, with whatever was owed. Raises StoreError; owed rows stay owed."""
        owed, self._owed = self._owed, ()
        if not (owed or entries):
            return
        try:
            await self._store.append(self.thread.id, *owed, *entries)
        except StoreError:
            # Others may have been owed meanwhile.
            self._owed = (*owed, *self._owed)
            raise

    async def change(self, **changes: Any) -> Thread:
        """Change the head line. Raises StoreError."""
        self.thread = await self._store.update(self.thread.id, **changes)
        return self.thread

    async def refresh(self) -> Thread:
        """The head line as it stands on disk."""
        self.thread = await self._store.thread(self.thread.id) or self.thread
        return self.thread

    async def repair(self) -> Notice | None:
        """Answer what a crash left open, and say so; None when the last work ended well.

        No tool is run again: its call is answered with what is known of it. Where nothing can be
        written now, the thread can still be read, and the rows are owed.
        """
        entries = await self.entries()
        lost = interrupted(entries)
        if not lost and not unfinished_turn(entries):
            return None
        results = [ToolResultEntry(_lost_result(call)) for call in lost]
        await self.try_commit(*results, CheckpointEntry("turn_finished", reason="interrupted"))
        return STOPPED_COMPACTING if _is_compacting(entries) else _stopped_in_turn(lost)

    async def undo_compaction(self) -> bool:
        """Let the model see the folded messages again; False when none are. Raises StoreError."""
        if standing_compaction(await self.entries()) is None:
            return False
        await self.commit(CompactionUndoneEntry())
        return True

    async def try_commit(self, *entries: Entry) -> StoreError | None:
        """Commit, or owe the rows and return what went wrong."""
        try:
            await self.commit(*entries)
        except StoreError as error:
            self.owe(*entries)
            return error
        return None


def _lost_result(lost: Interrupted) -> ToolResult:
    return error_result(lost.call.id, BEGAN if lost.had_begun else NEVER_BEGAN)


def _stopped_in_turn(lost: tuple[Interrupted, ...]) -> Notice:
    names = ", ".join(item.call.name for item in lost if item.had_begun)
    text = "Loom was stopped in the middle of the last turn."
    text += f" These had begun and were not run again: {names}." if names else ""
    return Notice(text=text, level="warning", hint="Say “continue” to go on.")


def _is_compacting(entries: Sequence[Entry]) -> bool:
    checkpoints = [entry for entry in entries if isinstance(entry, CheckpointEntry)]
    return bool(checkpoints) and checkpoints[-1] == COMPACTION_BEGUN
