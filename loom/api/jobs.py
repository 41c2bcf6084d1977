"""`/api/admin/jobs`: what the server does by itself."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

JobStatus = Literal["running", "succeeded", "failed", "cancelled"]
Trigger = Literal["schedule", "manual", "retry"]


class JobRun(Struct, frozen=True, omit_defaults=True):
    """One attempt; times are RFC 3339, `completed_at` is "" while it runs."""

    id: str
    job: str
    status: JobStatus
    triggered_by: Trigger
    started_at: str
    completed_at: str = ""
    duration_ms: int = 0
    retry_count: int = 0
    result: str = ""
    error: str = ""


class JobInfo(Struct, frozen=True, omit_defaults=True):
    """One job. `interval`: seconds, 0 for one that runs only when asked; `failures`: in a row."""

    id: str
    name: str
    interval: float
    is_enabled: bool
    is_running: bool = False
    failures: int = 0
    next_at: str = ""
    last: JobRun | None = None


class JobList(Struct, frozen=True):
    """Every job, by id."""

    jobs: tuple[JobInfo, ...]


class JobHistoryQuery(Struct, frozen=True):
    """`before` is the id of a run: only older ones."""

    before: str = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 50


class JobHistory(Struct, frozen=True):
    """Runs of one job, newest first."""

    runs: tuple[JobRun, ...]
