"""The one worker that writes to a database, with group commit.

Jobs that wait together share a transaction, each in a savepoint of its own: full durability costs
one flush to disk for all of them, and a job that fails is undone alone.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, TypeVar

from loom.core.errors import StoreError
from loom.db.connection import is_busy, store_error

T = TypeVar("T")
BATCH = 128


class _Job:
    """A piece of work that waits for its commit; made in the event loop of the one who waits."""

    def __init__(self, work: Callable[[sqlite3.Connection], Any], is_bare: bool) -> None:
        self.work = work
        self.is_bare = is_bare
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self, path: Path) -> None:
        """In its loop, when the transaction is on disk or undone."""
        if self.future.done():
            return
        if isinstance(self.error, sqlite3.Error):
            self.future.set_exception(store_error(self.error, path))
        elif self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


def _settle(jobs: Sequence[_Job], path: Path) -> None:
    """Tell everyone who waits; a loop is woken once, since that costs as much as a small job."""
    for loop, waiting in groupby(jobs, attrgetter("loop")):
        # A loop that was closed has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell, tuple(waiting), path)


def _tell(jobs: Sequence[_Job], path: Path) -> None:
    for job in jobs:
        job.settle(path)


class _Savepoint:
    """Undoes one job alone and keeps its error.

    A full disk may roll the whole transaction back beneath us; then the driver's error goes on.
    """

    def __init__(self, connection: sqlite3.Connection, job: _Job) -> None:
        self._connection = connection
        self._job = job

    def __enter__(self) -> None:
        self._job.error = None
        self._connection.execute("SAVEPOINT job")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._job.error = error
        if not self._connection.in_transaction:
            if isinstance(error, sqlite3.Error):
                return False
            raise sqlite3.OperationalError("the job ended the writer's transaction") from error
        if error is not None:
            self._connection.execute("ROLLBACK TO job")
        self._connection.execute("RELEASE job")
        return True


class Writer:
    """Owns `connection` from now on; nothing else may write through it.

    A job is called with the connection inside a transaction. It must not commit, and it may be
    called a second time when the transaction that it shared was lost.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._worker: threading.Thread | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returned, once it is on disk.

        Cancelling a job that has not begun drops it; one that has begun is committed all the same.

        Raises:
            StoreFull: no room; the job was undone.
            StoreError: another process kept the lock, the file is broken, or the store is closed.
        """
        result: T = await self._done(_Job(work, is_bare=False))
        return result

    async def run_bare(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """As `run`, but `work` is called outside of any transaction and makes its own.

        It is for what no transaction can hold, such as some pragmas; what it leaves open is undone.
        """
        result: T = await self._done(_Job(work, is_bare=True))
        return result

    async def _done(self, job: _Job) -> Any:
        with self._lock:
            if self._is_closed:
                raise StoreError(f"{self._path} is closed")
            self._start()
            self._jobs.put(job)
        return await job.future

    async def close(self) -> None:
        """Commit what waits, then close the connection. Calling it again does nothing."""
        with self._lock:
            is_first, self._is_closed = not self._is_closed, True
        if is_first:
            self._jobs.put(None)
        if self._worker is not None:
            await asyncio.to_thread(self._worker.join)
        self._connection.close()

    def _start(self) -> None:
        # A daemon, because a program that forgot to close its store must still be able to exit;
        # whoever awaits `run` has not been told that anything was saved.
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="loom-writer", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        is_open = True
        while is_open:
            batch = self._wait()
            is_open = None not in batch
            jobs = [job for job in batch if job and not job.future.cancelled()]
            for is_bare, group in groupby(jobs, attrgetter("is_bare")):
                (self._bare if is_bare else self._commit)([*group])

    def _wait(self) -> list[_Job | None]:
        batch = [self._jobs.get()]
        while len(batch) < BATCH and not self._jobs.empty():
            batch.append(self._jobs.get())
        return batch

    def _commit(self, jobs: Sequence[_Job]) -> None:
        if not jobs:
            return
        error = self._attempt(jobs)
        if error is not None and len(jobs) > 1 and not is_busy(error):
            for job in jobs:
                self._commit([job])
            return
        for job in jobs:
            job.error = error or job.error
        _settle(jobs, self._path)

    def _bare(self, jobs: Sequence[_Job]) -> None:
        for job in jobs:
            try:
                job.result = job.work(self._connection)
            except BaseException as error:  # noqa: BLE001  # whoever waits raises it
                job.error = error
            self._undo()
            _settle([job], self._path)

    def _attempt(self, jobs: Sequence[_Job]) -> sqlite3.Error | None:
        """Run the jobs in one transaction; the error that lost all of it, if any."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                with _Savepoint(self._connection, job):
                    job.result = job.work(self._connection)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            return error
        return None

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
