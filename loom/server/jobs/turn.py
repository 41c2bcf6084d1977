"""One turn of a job: its lease, the attempts that it takes, and what is written about each."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from loom.api.jobs import JobStatus, Trigger
from loom.core.errors import LoomError
from loom.server.database import Database
from loom.server.identifiers import new_id
from loom.server.jobs import store
from loom.server.jobs.job import Job
from loom.server.metrics import Counter

log = logging.getLogger("loom.jobs")

T = TypeVar("T")
RETRIES = 3
RETRY_BASE = 5.0
LEASE = 60.0
"""Seconds after which a turn whose server was killed is another's to begin."""


class Stopped(LoomError):
    """Somebody asked for the turn's end, or its lease was lost."""


class Turn:
    """Takes one job's turn, if nobody else does.

    Args:
        begun: told the first attempt's id, or "" where somebody else has the job; None for a turn
            that nobody asked for.
        runs: counts ends by job and status.
        retry_base: seconds before the first retry; each later one waits twice as long.
        lease: seconds.
    """

    def __init__(
        self,
        job: Job,
        begun: "asyncio.Future[str] | None",
        database: Database,
        clock: Callable[[], int],
        runs: Counter,
        retry_base: float = RETRY_BASE,
        lease: float = LEASE,
    ) -> None:
        self._job = job
        self._begun = begun
        self._database = database
        self._clock = clock
        self._runs = runs
        self._retry_base = retry_base
        self._lease = lease
        self._id = new_id(clock())
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Cancels it."""
        self._stop.set()

    async def take(self) -> None:
        """From the lease to the last attempt. Raises StoreError."""
        try:
            await self._claimed()
        finally:
            self._tell("")

    async def _claimed(self) -> None:
        job, now = self._job, self._clock()
        until, is_asked = now + round(self._lease * 1000), self._begun is not None
        if not await self._database.write(
            lambda c: store.claim(c, job.id, self._id, now, until, is_asked=is_asked)
        ):
            return
        next_at = now + round(job.interval * 1000) if job.interval else None
        try:
            await self._attempts()
        except asyncio.CancelledError:
            # The server stops: its next run begins anew.
            next_at = now if job.interval else None
            raise
        finally:
            await self._database.write(lambda c: store.release(c, job.id, self._id, next_at))

    async def _attempts(self) -> None:
        trigger: Trigger = "schedule" if self._begun is None else "manual"
        for count in range(RETRIES + 1):
            status = await self._attempt(trigger, count)
            if status != "failed" or count == RETRIES:
                return
            trigger = "retry"
            try:
                await self._beside(asyncio.sleep(self._retry_base * 2**count))
            except Stopped:
                return

    async def _attempt(self, trigger: Trigger, count: int) -> JobStatus:
        now, job = self._clock(), self._job
        run_id = new_id(now)
        await self._database.write(lambda c: store.begin(c, run_id, job.id, trigger, count, now))
        self._tell(run_id)
        status: JobStatus = "failed"
        result = reason = ""
        try:
            result, status = await self._beside(job.run()), "succeeded"
        except Stopped as stopped:
            status, reason = "cancelled", stopped.message
        except asyncio.CancelledError:
            status, reason = "cancelled", "the server was stopped"
            raise
        except Exception as error:  # whatever a job does, the others go on
            log.exception("job %s failed", job.id)
            reason = error.message if isinstance(error, LoomError) else repr(error)
        finally:
            await self._ended(run_id, status, result, reason)
        return status

    async def _ended(self, run_id: str, status: JobStatus, result: str, reason: str) -> None:
        now, job_id = self._clock(), self._job.id
        await self._database.write(
            lambda c: store.finish(c, run_id, job_id, status, result, reason, now)
        )
        self._runs.add(1, job_id, status)

    async def _beside(self, work: Coroutine[Any, Any, T]) -> T:
        """`work`, with the lease kept meanwhile. Raises what it raises, or Stopped."""
        try:
            async with asyncio.TaskGroup() as tasks:
                guard = tasks.create_task(self._guard())
                result = await tasks.create_task(work)
                guard.cancel()
        except ExceptionGroup as group:
            _require_wanted()
            raise group.exceptions[0] from None
        return result

    async def _guard(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._lease / 3):
                    await self._stop.wait()
                    raise Stopped("somebody cancelled it")
            until = self._clock() + round(self._lease * 1000)
            if not await self._database.write(
                lambda c, u=until: store.renew(c, self._job.id, self._id, u)  # type: ignore[misc]
            ):
                raise Stopped("it was cancelled, or taken over by another process")

    def _tell(self, run_id: str) -> None:
        if self._begun is not None and not self._begun.done():
            self._begun.set_result(run_id)


def _require_wanted() -> None:
    """Raises CancelledError where the server stops: a TaskGroup tells of a failure instead."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
