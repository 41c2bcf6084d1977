"""SQL of jobs: who runs which, when the next run is due, and how it went."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from loom.api.jobs import JobRun, JobStatus, Trigger
from loom.api.times import rfc3339
from loom.server.jobs.job import Job

MAX_TEXT = 2_000
_RUN = """
SELECT id, job, status, triggered_by, retry_count, started_at, completed_at, result, error
FROM job_runs
"""


class Row(NamedTuple):
    """A job's row. `next_at` is None for one that is not due by itself."""

    id: str
    is_enabled: bool
    next_at: int | None
    failures: int
    lease: str
    lease_until: int

    def is_due(self, now_ms: int) -> bool:
        """It may run now by itself."""
        is_time = self.next_at is not None and self.next_at <= now_ms
        return self.is_enabled and is_time and self.lease_until <= now_ms


def register(connection: sqlite3.Connection, jobs: Iterable[Job], now_ms: int) -> None:
    """Makes rows for jobs that have none; the first run of a periodic one is due at once."""
    connection.executemany(
        "INSERT OR IGNORE INTO jobs (id, next_at) VALUES (?, ?)",
        [(job.id, now_ms if job.interval else None) for job in jobs],
    )


def rows(connection: sqlite3.Connection) -> dict[str, Row]:
    """Every row by id, also of jobs that only other versions know."""
    found = connection.execute(
        "SELECT id, is_enabled, next_at, failures, lease, lease_until FROM jobs ORDER BY id"
    )
    return {row[0]: Row(row[0], bool(row[1]), *row[2:]) for row in found}


def claim(
    connection: sqlite3.Connection,
    job_id: str,
    run_id: str,
    now_ms: int,
    until_ms: int,
    *,
    is_asked: bool,
) -> bool:
    """Takes the lease for a run; False when somebody has it, or (unless asked for) it is not due.

    Runs that a process left behind when it was killed are closed.
    """
    due = "" if is_asked else " AND is_enabled AND next_at <= :now"
    taken = connection.execute(
        # `due` is one of the two texts above.
        "UPDATE jobs SET lease = :run, lease_until = :until"  # noqa: S608
        f" WHERE id = :job AND lease_until <= :now{due}",
        {"run": run_id, "until": until_ms, "job": job_id, "now": now_ms},
    )
    if taken.rowcount == 0:
        return False
    connection.execute(
        "UPDATE job_runs SET status = 'failed', completed_at = ?,"
        " error = 'the server that ran it ended' WHERE job = ? AND status = 'running'",
        (now_ms, job_id),
    )
    return True


def begin(
    connection: sqlite3.Connection,
    run_id: str,
    job_id: str,
    trigger: Trigger,
    retry_count: int,
    now_ms: int,
) -> None:
    """A run begins."""
    connection.execute(
        "INSERT INTO job_runs (id, job, status, triggered_by, retry_count, started_at)"
        " VALUES (?, ?, 'running', ?, ?, ?)",
        (run_id, job_id, trigger, retry_count, now_ms),
    )


def finish(
    connection: sqlite3.Connection,
    run_id: str,
    job_id: str,
    status: JobStatus,
    result: str,
    error: str,
    now_ms: int,
) -> int:
    """A run has ended; how many have failed in a row now."""
    connection.execute(
        "UPDATE job_runs SET status = ?, completed_at = ?, result = ?, error = ?"
        " WHERE id = ? AND status = 'running'",
        (status, now_ms, result[:MAX_TEXT], error[:MAX_TEXT], run_id),
    )
    if status != "cancelled":
        failures = "failures + 1" if status == "failed" else "0"
        connection.execute(f"UPDATE jobs SET failures = {failures} WHERE id = ?", (job_id,))  # noqa: S608
    (count,) = connection.execute("SELECT failures FROM jobs WHERE id = ?", (job_id,)).fetchone()
    return int(count)


def renew(connection: sqlite3.Connection, job_id: str, lease: str, until_ms: int) -> bool:
    """Keeps the lease; False when it was lost, or the run is to be cancelled."""
    kept = connection.execute(
        "UPDATE jobs SET lease_until = ? WHERE id = ? AND lease = ?", (until_ms, job_id, lease)
    )
    asked = connection.execute(
        "SELECT 1 FROM job_runs WHERE job = ? AND status = 'running' AND is_cancelled", (job_id,)
    )
    return kept.rowcount > 0 and asked.fetchone() is None


def release(connection: sqlite3.Connection, job_id: str, lease: str, next_at: int | None) -> None:
    """Gives the lease back and says when the next run is due."""
    connection.execute(
        "UPDATE jobs SET lease = '', lease_until = 0, next_at = ? WHERE id = ? AND lease = ?",
        (next_at, job_id, lease),
    )


def cancel(connection: sqlite3.Connection, job_id: str) -> bool:
    """Asks whoever runs it to stop; False when nobody does."""
    asked = connection.execute(
        "UPDATE job_runs SET is_cancelled = 1 WHERE job = ? AND status = 'running'", (job_id,)
    )
    return asked.rowcount > 0


def enable(connection: sqlite3.Connection, job_id: str, is_enabled: bool) -> None:
    """Lets it run by itself, or not."""
    connection.execute("UPDATE jobs SET is_enabled = ? WHERE id = ?", (is_enabled, job_id))


def run(connection: sqlite3.Connection, run_id: str) -> JobRun:
    """One run, which must be there."""
    return _run(connection.execute(f"{_RUN} WHERE id = ?", (run_id,)).fetchone())


def history(
    connection: sqlite3.Connection, job_id: str, before: str, limit: int
) -> tuple[JobRun, ...]:
    """Runs of the job, newest first; ids sort by time."""
    found = connection.execute(
        f"{_RUN} WHERE job = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?",
        (job_id, before, before, limit),
    )
    return tuple(map(_run, found))


def forget(connection: sqlite3.Connection, older_than_ms: int) -> int:
    """Removes runs that began before; how many."""
    return connection.execute(
        "DELETE FROM job_runs WHERE started_at < ? AND status != 'running'", (older_than_ms,)
    ).rowcount


def _run(row: tuple[str, str, JobStatus, Trigger, int, int, int | None, str, str]) -> JobRun:
    run_id, job, status, trigger, retries, started, completed, result, error = row
    return JobRun(
        run_id,
        job,
        status,
        trigger,
        rfc3339(started),
        rfc3339(completed) if completed else "",
        completed - started if completed else 0,
        retries,
        result,
        error,
    )
