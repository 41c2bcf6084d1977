"""`/api/admin/jobs`: what the server does by itself, seen and steered."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from loom.api.jobs import JobHistory, JobHistoryQuery, JobInfo, JobList, JobRun
from loom.server.areas import Area
from loom.server.door import audit
from loom.server.errors import Refused
from loom.server.housekeeping import housekeeping
from loom.server.jobs import state, store
from loom.server.jobs.job import Job
from loom.server.jobs.runner import JobRunner
from loom.server.keys import BACKGROUND, CLOCK, COMPONENTS, DATABASE, JOBS, METRICS
from loom.server.responses import json_response, query_of
from loom.server.routing import Access, Route

RUNNER = web.AppKey("job_runner", JobRunner)


async def listed(request: web.Request) -> web.Response:
    """Every job, with its last run."""
    jobs = request.app[RUNNER].jobs.values()
    return json_response(JobList(request.app[DATABASE].read(lambda c: state.infos(c, jobs))))


async def run(request: web.Request) -> web.Response:
    """Begins a run now, also of a disabled job."""
    job = _job(request)
    run_id = await request.app[RUNNER].ask(job.id)
    if not run_id:
        hint = f"See it with: loom server jobs history {job.id}"
        raise Refused(409, "conflict", f"the job {job.id} is running", hint)
    audit(request, "job.run", resource=f"job:{job.id}")
    return json_response(request.app[DATABASE].read(lambda c: store.run(c, run_id)), 202)


async def cancel(request: web.Request) -> web.Response:
    """Ends the run that goes on, also in another process."""
    job = _job(request)
    if not await request.app[RUNNER].cancel(job.id):
        raise Refused(409, "conflict", f"the job {job.id} is not running")
    audit(request, "job.cancel", resource=f"job:{job.id}")
    return _answer(request, job)


async def history(request: web.Request) -> web.Response:
    """Runs of one job, newest first."""
    job, query = _job(request), query_of(request, JobHistoryQuery)
    runs = request.app[DATABASE].read(lambda c: store.history(c, job.id, query.before, query.limit))
    return json_response(JobHistory(runs))


async def enable(request: web.Request) -> web.Response:
    """It runs by itself again."""
    return await _enabled(request, is_enabled=True)


async def disable(request: web.Request) -> web.Response:
    """It runs only when asked; /health says so."""
    return await _enabled(request, is_enabled=False)


async def _enabled(request: web.Request, *, is_enabled: bool) -> web.Response:
    job = _job(request)
    await request.app[DATABASE].write(lambda c: store.enable(c, job.id, is_enabled))
    request.app[RUNNER].changed()
    audit(request, "job.enable" if is_enabled else "job.disable", resource=f"job:{job.id}")
    return _answer(request, job)


def _job(request: web.Request) -> Job:
    asked = request.match_info["job"]
    job = request.app[RUNNER].jobs.get(asked)
    if job is None:
        hint = "loom server jobs list names them all."
        raise Refused(404, "not_found", f"there is no job {asked}", hint)
    return job


def _answer(request: web.Request, job: Job) -> web.Response:
    (info,) = request.app[DATABASE].read(lambda c: state.infos(c, [job]))
    return json_response(info)


async def _running(app: web.Application) -> AsyncIterator[None]:
    jobs = [*housekeeping(app), *app[JOBS]]
    database = app[DATABASE]
    app[RUNNER] = JobRunner(jobs, database, app[CLOCK], app[METRICS].job_runs)
    app[COMPONENTS]["jobs"] = lambda: database.read(lambda c: state.component(c, jobs))
    runner = app[BACKGROUND].spawn(app[RUNNER].run())
    yield
    # What jobs work on is closed after this.
    runner.cancel()
    await asyncio.wait({runner})


_JOB = "/api/admin/jobs/{job}"

ROUTES = (
    Route("GET", "/api/admin/jobs", listed, Access.ADMIN, gives=JobList),
    Route("POST", f"{_JOB}/run", run, Access.ADMIN, gives=JobRun),
    Route("POST", f"{_JOB}/cancel", cancel, Access.ADMIN, gives=JobInfo),
    Route("GET", f"{_JOB}/runs", history, Access.ADMIN, gives=JobHistory, asks=JobHistoryQuery),
    Route("POST", f"{_JOB}/enable", enable, Access.ADMIN, gives=JobInfo),
    Route("POST", f"{_JOB}/disable", disable, Access.ADMIN, gives=JobInfo),
)

AREA = Area(lambda app: ROUTES, _running)
