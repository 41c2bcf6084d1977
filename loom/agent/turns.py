"""A turn's frame: its checkpoints on disk, its time and usage, and where git stands."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from loom.agent.record import Record
from loom.agent.requests import Requests
from loom.agent.services import Clock
from loom.core.errors import StoreError
from loom.core.history import CheckpointEntry, Entry
from loom.core.messages import Thread, Usage
from loom.core.protocol import AnyEvent, Mode, Notice, ThreadChanged, TurnFinished, TurnStarted
from loom.vcs.git import GitState, git_state

Reason = Literal["done", "cancelled", "failed", "round_limit", "closed"]


class Turns:
    """Begins and ends turns, and commits what happens in them."""

    def __init__(
        self,
        record: Record,
        requests: Requests,
        clock: Clock,
        emit: Callable[[AnyEvent], None],
    ) -> None:
        self._record = record
        self._requests = requests
        self._clock = clock
        self._emit = emit
        self._workspace = Path(record.thread.workspace)
        self._turn_id = ""
        self._began_at = 0
        self._usage_before = Usage()
        self._git = GitState()

    async def begin(self, mode: Mode) -> None:
        """Open a turn; its first row goes to disk together with the person's message."""
        self._turn_id = self._clock.new_message_id()
        self._began_at = self._clock.now_ms()
        self._usage_before = self._requests.usage
        self._git = await git_state(self._workspace)
        self._requests.prepare(mode, self._git)
        self._record.owe(CheckpointEntry("turn_started", self._turn_id))
        self._emit(TurnStarted(turn_id=self._turn_id))

    async def commit(self, entries: tuple[Entry, ...]) -> None:
        """Durable on return. Raises StoreError."""
        is_untitled = not self._record.thread.title
        await self._record.commit(*entries)
        if is_untitled and self._turn_id:
            await self._tell_title()

    async def _tell_title(self) -> None:
        """The store took the title from the first message."""
        thread = await self._record.refresh()
        if thread.title:
            self._emit(ThreadChanged(thread=thread))

    async def end(self, reason: Reason) -> None:
        """Close the turn. What cannot be written now is owed."""
        usage = _minus(self._requests.usage, self._usage_before)
        checkpoint = CheckpointEntry("turn_finished", self._turn_id, reason, usage)
        error = await self._record.try_commit(checkpoint)
        if error is None:
            await self.look_at_git()
        elif reason != "failed":
            self._emit(Notice(text=error.message, level="error", hint=error.hint))
        # A wall clock may be set back meanwhile.
        duration = max(0, self._clock.now_ms() - self._began_at)
        self._emit(
            TurnFinished(reason=reason, usage=usage, duration_ms=duration, turn_id=self._turn_id)
        )

    async def look_at_git(self) -> None:
        """Note the branch and HEAD on the thread, and tell when its head line changed."""
        before = self._record.thread
        git = await git_state(self._workspace)
        try:
            thread = await self._noted(git)
        except StoreError as error:
            # Metadata must not end a turn that is otherwise on disk.
            self._emit(Notice(text=error.message, level="warning", hint=error.hint))
            return
        if (before.title, before.git_branch) != (thread.title, thread.git_branch):
            self._emit(ThreadChanged(thread=thread))

    async def _noted(self, git: GitState) -> Thread:
        thread = await self._record.refresh()
        if (thread.git_branch, thread.git_commit) == (git.branch, git.commit):
            return thread
        return await self._record.change(
            git_branch=git.branch, git_commit=git.commit, git_remote=git.remote
        )


def _minus(total: Usage, before: Usage) -> Usage:
    return Usage(
        total.input_tokens - before.input_tokens,
        total.output_tokens - before.output_tokens,
        total.cache_read_tokens - before.cache_read_tokens,
        total.cache_write_tokens - before.cache_write_tokens,
        total.cache_write_long_tokens - before.cache_write_long_tokens,
    )
