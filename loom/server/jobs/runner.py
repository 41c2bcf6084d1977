"""Runs jobs that are due: each one at most once at a time, among all processes of the server."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from loom.core.errors import LoomError
from loom.server.database import Database
from loom.server.jobs import store
from loom.server.jobs.job import Job
from loom.server.jobs.turn import LEASE, RETRY_BASE, Turn
from loom.server.metrics import Counter

log = logging.getLogger("loom.jobs")

SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 30.0
"""Seconds; after the longest, what other processes changed is seen."""


class JobRunner:
    """Owns the running of jobs in this process.

    Args:
        clock: Unix milliseconds.
        runs: counts ends by job and status.
        retry_base: seconds before the first retry; each later one waits twice as long.
        lease: seconds after which a turn whose server was killed is another's to begin.
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        database: Database,
        clock: Callable[[], int],
        runs: Counter,
        *,
        retry_base: float = RETRY_BASE,
        lease: float = LEASE,
    ) -> None:
        self.jobs = {job.id: job for job in jobs}
        self._database = database
        self._clock = clock
        self._runs = runs
        self._retry_base = retry_base
        self._lease = lease
        self._wake = asyncio.Event()
        self._asked: dict[str, asyncio.Future[str]] = {}
        self._turns: dict[str, Turn] = {}

    async def run(self) -> None:
        """Runs what is due and what is asked for, until cancelled."""
        await self._register()
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                pause = LONGEST_PAUSE
                try:
                    for job in self._due():
                        tasks.create_task(self._turn(job))
                    pause = self._pause()
                except LoomError as error:
                    log.error("jobs wait: %s", error.message)
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()

    async def ask(self, job_id: str) -> str:
        """Begins a turn now, also of a disabled job; its run's id, or "" where one is running."""
        if job_id in self._turns or job_id in self._asked:
            return ""
        begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked[job_id] = begun
        self._wake.set()
        return await begun

    async def cancel(self, job_id: str) -> bool:
        """Ends the run; False where there is none. Another process's ends within its lease."""
        is_running = await self._database.write(lambda c: store.cancel(c, job_id))
        if turn := self._turns.get(job_id):
            turn.stop()
        return is_running

    def changed(self) -> None:
        """A job was enabled: it may be due."""
        self._wake.set()

    async def _register(self) -> None:
        now = self._clock()
        try:
            await self._database.write(lambda c: store.register(c, self.jobs.values(), now))
        except LoomError as error:
            log.error("new jobs are not known until there is room: %s", error.message)

    def _due(self) -> list[Job]:
        now, rows = self._clock(), self._database.read(store.rows)
        return [
            job
            for job in self.jobs.values()
            if job.id not in self._turns
            and (job.id in self._asked or (job.id in rows and rows[job.id].is_due(now)))
        ]

    def _pause(self) -> float:
        """Seconds until the next one is due."""
        rows = self._database.read(store.rows).values()
        waiting = [row for row in rows if row.id in self.jobs and row.id not in self._turns]
        times = [
            max(row.next_at, row.lease_until) for row in waiting if row.is_enabled and row.next_at
        ]
        wait = (min(times) - self._clock()) / 1000 if times else LONGEST_PAUSE
        return min(max(wait, SHORTEST_PAUSE), LONGEST_PAUSE)

    async def _turn(self, job: Job) -> None:
        """The turn's outer edge: a database that cannot be written ends it, and no other."""
        turn = self._turns[job.id] = Turn(
            job,
            self._asked.pop(job.id, None),
            self._database,
            self._clock,
            self._runs,
            self._retry_base,
            self._lease,
        )
        try:
            await turn.take()
        except LoomError as error:
            log.error("job %s: %s", job.id, error.message)
            await asyncio.sleep(LONGEST_PAUSE)
        finally:
            del self._turns[job.id]
            self._wake.set()
