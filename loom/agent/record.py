"""The session's thread on disk: what is committed, what is owed, and repair after a crash."""

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
from loom.threads.store import ThreadStore

BEGAN = (
    "interrupted: Loom stopped while this ran. It may have had effects; "
    "it was not run again. Look before you repeat it."
)
NEVER_BEGAN = "interrupted: Loom stopped before this ran"


class Record:
    """Writes one thread. Rows that are owed go first, as soon as writing works."""

    def __init__(self, store: ThreadStore, thread: Thread) -> None:
        self._store = store
        self.thread = thread
        self._owed: tuple[Entry, ...] = ()

    async def entries(self) -> tuple[Entry, ...]:
        """Every row of the visible history, in order."""
        return await self._store.entries(self.thread.id)

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
            self._owed = owed
            raise

    async def change(self, **changes: Any) -> Thread:
        """Change the head line. Raises StoreError."""
        self.thread = await self._store.update(self.thread.id, **changes)
        return self.thread

    async def refresh(self) -> Thread:
        """The head line as it stands on disk."""
        self.thread = await self._store.thread(self.thread.id) or self.thread
        return self.thread

    async def repair(self) -> tuple[Interrupted, ...] | None:
        """Answer what a crash left open; None when the last turn ended well.

        No tool is run again: its call is answered with what is known of it.
        """
        entries = await self.entries()
        lost = interrupted(entries)
        if not lost and not unfinished_turn(entries):
            return None
        results = [ToolResultEntry(_lost_result(call)) for call in lost]
        await self.commit(*results, CheckpointEntry("turn_finished", reason="interrupted"))
        return lost

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
