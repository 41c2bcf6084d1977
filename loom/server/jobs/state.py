"""What is told about jobs: to admins, and in /health and /metrics."""

import sqlite3
from collections.abc import Iterable

from loom.api.health import Component, Status
from loom.api.jobs import JobInfo
from loom.api.times import rfc3339
from loom.server.jobs import store
from loom.server.jobs.job import Job

UNHEALTHY = 3
"""Failures in a row."""


def infos(connection: sqlite3.Connection, jobs: Iterable[Job]) -> tuple[JobInfo, ...]:
    """Every job that this server knows, by id."""
    rows = store.rows(connection)
    known = sorted((job for job in jobs if job.id in rows), key=lambda job: job.id)
    return tuple(_info(connection, job, rows[job.id]) for job in known)


def component(connection: sqlite3.Connection, jobs: Iterable[Job]) -> Component:
    """As §6.6 of the catalog: one failure is degraded, three in a row are unhealthy."""
    rows = store.rows(connection)
    known = [rows[job.id] for job in jobs if job.id in rows]
    failing = [f"{row.id} failed {row.failures} times" for row in known if row.failures]
    disabled = [f"{row.id} is disabled" for row in known if not row.is_enabled]
    worst = max((row.failures for row in known), default=0)
    status: Status = "degraded" if worst or disabled else "healthy"
    return Component(
        "unhealthy" if worst >= UNHEALTHY else status, error="; ".join(failing + disabled)
    )


def _info(connection: sqlite3.Connection, job: Job, row: store.Row) -> JobInfo:
    last = next(iter(store.history(connection, job.id, "", 1)), None)
    is_due = row.is_enabled and row.next_at is not None
    return JobInfo(
        job.id,
        job.name,
        job.interval,
        row.is_enabled,
        bool(last and last.status == "running"),
        row.failures,
        rfc3339(row.next_at) if is_due and row.next_at is not None else "",
        last,
    )
