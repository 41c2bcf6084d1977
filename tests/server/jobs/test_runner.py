import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from loom.api.jobs import JobRun
from loom.core.errors import LoomError
from loom.server.app import now_ms
from loom.server.database import Database, opened
from loom.server.jobs import state, store
from loom.server.jobs.job import Job
from loom.server.jobs.runner import JobRunner
from loom.server.metrics import Counter


class Work:
    """A job's work, which fails as often as it is told, and stops where it is told."""

    def __init__(self, failures: int = 0, *, is_held: bool = False) -> None:
        self.begun = 0
        self.at_once = 0
        self.most_at_once = 0
        self.failures = failures
        self.go = asyncio.Event()
        if not is_held:
            self.go.set()

    async def __call__(self) -> str:
        self.begun += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.go.wait()
            if self.begun <= self.failures:
                raise LoomError("no luck")
            return f"done {self.begun}"
        finally:
            self.at_once -= 1


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path / "jobs.db") as database:
        yield database


@asynccontextmanager
async def running(database: Database, *jobs: Job, lease: float = 60.0) -> AsyncIterator[JobRunner]:
    runs = Counter("runs", "Runs.", ("job", "status"))
    runner = JobRunner(jobs, database, now_ms, runs, retry_base=0.01, lease=lease)
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def runs_of(database: Database, job_id: str = "a.b") -> list[JobRun]:
    return list(reversed(database.read(lambda c: store.history(c, job_id, "", 100))))


def statuses(database: Database) -> list[str]:
    return [run.status for run in runs_of(database)]


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def job(work: Callable[[], Awaitable[str]], interval: float = 3600.0) -> Job:
    return Job("a.b", "something", interval, work)  # type: ignore[arg-type]


async def test_a_job_runs_at_once_and_then_after_its_interval(database: Database) -> None:
    work = Work()
    async with running(database, job(work, 0.2)):
        await until(lambda: work.begun >= 3)
    first, second, *_ = runs_of(database)
    assert (first.status, first.result, first.triggered_by) == ("succeeded", "done 1", "schedule")
    assert second.started_at > first.completed_at


async def test_a_job_that_is_not_due_waits_for_the_next_server(database: Database) -> None:
    work = Work()
    for _ in range(2):
        async with running(database, job(work)):
            await until(lambda: statuses(database) == ["succeeded"])
    assert work.begun == 1


async def test_a_failure_is_tried_again_three_times(database: Database) -> None:
    work = Work(failures=2)
    async with running(database, job(work)):
        await until(lambda: "succeeded" in statuses(database))
    assert statuses(database) == ["failed", "failed", "succeeded"]
    runs = runs_of(database)
    assert [(run.triggered_by, run.retry_count) for run in runs] == [
        ("schedule", 0),
        ("retry", 1),
        ("retry", 2),
    ]
    assert runs[0].error == "no luck"
    assert database.read(store.rows)["a.b"].failures == 0


async def test_three_failures_in_a_row_are_unhealthy_and_one_is_degraded(
    database: Database,
) -> None:
    bad, jobs = Work(failures=9), [job(Work())]

    def health() -> tuple[str, str]:
        told = database.read(lambda c: state.component(c, jobs))
        return told.status, told.error

    await database.write(lambda c: store.register(c, jobs, 0))
    assert health() == ("healthy", "")
    run_id = "r"
    await database.write(lambda c: store.finish(c, run_id, "a.b", "failed", "", "", 1))
    assert health() == ("degraded", "a.b failed 1 times")
    async with running(database, job(bad)):
        await until(lambda: len(statuses(database)) == 4)
        await until(lambda: "running" not in statuses(database))
    assert health() == ("unhealthy", "a.b failed 5 times")


async def test_a_job_that_was_disabled_runs_only_when_asked(database: Database) -> None:
    work = Work()
    await database.write(lambda c: store.register(c, [job(work)], 0))
    await database.write(lambda c: store.enable(c, "a.b", False))
    async with running(database, job(work)) as runner:
        run_id = await runner.ask("a.b")
        await until(lambda: statuses(database) == ["succeeded"])
    (run,) = runs_of(database)
    assert (run.id, run.triggered_by) == (run_id, "manual")
    assert database.read(lambda c: state.component(c, [job(work)])).status == "degraded"


async def test_a_one_shot_runs_only_when_asked(database: Database) -> None:
    work = Work()
    async with running(database, job(work, 0)) as runner:
        await until(lambda: database.read(store.rows))
        assert await runner.ask("a.b")
        await until(lambda: statuses(database) == ["succeeded"])
    assert work.begun == 1


async def test_who_asks_while_it_runs_is_told(database: Database) -> None:
    work = Work(is_held=True)
    async with running(database, job(work)) as runner:
        await until(lambda: work.at_once)
        assert await runner.ask("a.b") == ""
        work.go.set()
        await until(lambda: statuses(database) == ["succeeded"])


async def test_a_run_is_cancelled(database: Database) -> None:
    work = Work(is_held=True)
    async with running(database, job(work)) as runner:
        await until(lambda: statuses(database) == ["running"])
        assert await runner.cancel("a.b")
        await until(lambda: statuses(database) == ["cancelled"])
        assert not await runner.cancel("a.b")
    assert work.at_once == 0
    assert database.read(store.rows)["a.b"].failures == 0


async def test_a_run_in_another_process_is_cancelled(database: Database, tmp_path: Path) -> None:
    work = Work(is_held=True)
    async with opened(tmp_path / "jobs.db") as other, running(database, job(work), lease=0.3):
        await until(lambda: statuses(database) == ["running"])
        async with running(other, job(Work())) as elsewhere:
            assert await elsewhere.cancel("a.b")
            await until(lambda: statuses(database) == ["cancelled"])


async def test_a_job_is_never_run_twice_at_once_by_several_servers(tmp_path: Path) -> None:
    work = Work()

    async def server() -> None:
        async with (
            opened(tmp_path / "jobs.db") as database,
            running(database, job(work, 0.02), lease=0.5),
        ):
            await until(lambda: work.begun >= 20)

    await asyncio.gather(*(server() for _ in range(3)))
    assert work.most_at_once == 1


async def test_a_long_run_keeps_its_lease(database: Database, tmp_path: Path) -> None:
    """The lease is long beside what a busy machine keeps a process waiting."""
    work, other = Work(is_held=True), Work()
    async with (
        opened(tmp_path / "jobs.db") as second,
        running(database, job(work), lease=0.8),
    ):
        await until(lambda: work.at_once)
        async with running(second, job(other), lease=0.8):
            await asyncio.sleep(2.0)
            assert await asyncio.wait_for(_asked(second, other), 10) == ""
        work.go.set()
        await until(lambda: statuses(database) == ["succeeded"])
    assert other.begun == 0


async def _asked(database: Database, work: Work) -> str:
    async with running(database, job(work)) as runner:
        return await runner.ask("a.b")


async def test_a_server_that_stops_leaves_its_run_to_the_next(database: Database) -> None:
    work = Work(is_held=True)
    async with running(database, job(work)):
        await until(lambda: statuses(database) == ["running"])
    assert [(run.status, run.error) for run in runs_of(database)] == [
        ("cancelled", "the server was stopped")
    ]
    work.go.set()
    async with running(database, job(work)):
        await until(lambda: statuses(database) == ["cancelled", "succeeded"])


async def test_a_run_that_fails_as_it_is_stopped_is_not_tried_again(database: Database) -> None:
    async def falls() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise LoomError("what it worked on is closed") from None
        return ""

    async with running(database, job(falls)):
        await until(lambda: statuses(database) == ["running"])
    assert statuses(database) == ["cancelled"]


KILLED = """
import asyncio, sys
from pathlib import Path
from loom.server.app import now_ms
from loom.server.database import opened
from loom.server.jobs.job import Job
from loom.server.jobs.runner import JobRunner
from loom.server.metrics import Counter

async def work():
    print("begun", flush=True)
    await asyncio.sleep(600)

async def main():
    async with opened(Path(sys.argv[1])) as database:
        jobs = [Job("a.b", "something", 3600.0, work)]
        counter = Counter("runs", "Runs.", ("job", "status"))
        await JobRunner(jobs, database, now_ms, counter, lease=0.5).run()

asyncio.run(main())
"""


async def test_a_run_of_a_killed_server_is_begun_by_another_when_its_lease_is_over(
    database: Database, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, tmp_path / "jobs.db"),
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 20) == b"begun\n"
    process.kill()
    await process.wait()
    work = Work()
    async with running(database, job(work), lease=0.5):
        await until(lambda: statuses(database) == ["failed", "succeeded"])
    assert runs_of(database)[0].error == "the server that ran it ended"


async def test_one_jobs_trouble_is_not_anothers(database: Database) -> None:
    async def broken() -> str:
        raise ZeroDivisionError

    work = Work()
    other = Job("c.d", "other", 0.05, work)  # type: ignore[arg-type]
    async with running(database, job(broken), other):
        await until(lambda: work.begun >= 3 and len(statuses(database)) == 4)
    assert runs_of(database)[0].error == "ZeroDivisionError()"
