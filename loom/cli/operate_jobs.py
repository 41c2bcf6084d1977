"""`loom server jobs`: what the server does by itself, seen and steered."""

import os
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from loom.cli.team_words import minute
from loom.cli.threads_table import positive, table

if TYPE_CHECKING:
    from loom.api.jobs import JobInfo, JobRun

HELP = """\
Shows and steers what a running server does by itself: cleaning up, cutting the audit log, and the
like. The server is the one of LOOM_SERVER_URL, else the one on this machine.
"""
LIST_COLUMNS = ("JOB", "WHAT", "STATE", "LAST RUN", "NEXT")
RUN_COLUMNS = ("STARTED", "RESULT", "STATUS", "TOOK", "BY")
PIPE_WIDTH = 10_000
_ACTS = {
    "run": "begin a run now",
    "cancel": "end the run that goes on",
    "enable": "let it run by itself again",
    "disable": "let it run only when asked",
}


def add_arguments(parser: ArgumentParser) -> None:
    """The words `list`, `history`, and what can be done to a job."""
    words = parser.add_subparsers(metavar="ACT", required=True)
    listed = words.add_parser("list", help="every job, with its last run")
    listed.set_defaults(ask=_list)
    history = words.add_parser("history", help="a job's runs, newest first")
    history.add_argument("job")
    history.add_argument("-l", "--limit", type=positive, default=20, metavar="N")
    history.set_defaults(ask=_history)
    others = [words.add_parser(name, help=text) for name, text in _ACTS.items()]
    for name, other in zip(_ACTS, others, strict=True):
        other.add_argument("job")
        other.set_defaults(ask=_act, word=name)
    for each in (listed, history, *others):
        each.add_argument("--json", action="store_true", help="as JSON")


def run(args: Namespace) -> int:
    """Asks the server and prints what it says. Raises LoomError."""
    import asyncio

    from loom.core import codec

    answer, text = asyncio.run(args.ask(args))
    print(codec.encode(answer).decode() if args.json else text)
    return 0


async def _list(args: Namespace) -> tuple[Any, str]:
    from loom.api.jobs import JobList

    answer = await _asked("GET", "", JobList)
    return answer, table(LIST_COLUMNS, [_job_row(job) for job in answer.jobs], _width())


async def _history(args: Namespace) -> tuple[Any, str]:
    from loom.api.jobs import JobHistory

    answer = await _asked("GET", f"/{args.job}/runs", JobHistory, {"limit": args.limit})
    return answer, table(RUN_COLUMNS, [_run_row(run) for run in answer.runs], _width())


async def _act(args: Namespace) -> tuple[Any, str]:
    from loom.api.jobs import JobInfo, JobRun

    if args.word == "run":
        run = await _asked("POST", f"/{args.job}/run", JobRun)
        return run, f"{run.job} began (run {run.id})"
    job = await _asked("POST", f"/{args.job}/{args.word}", JobInfo)
    return job, f"{job.id} is {_state(job)}"


async def _asked(method: str, path: str, kind: Any, query: dict[str, Any] | None = None) -> Any:
    from loom.cli.remote import server_client

    return await server_client(os.environ).ask(method, f"/api/admin/jobs{path}", kind, query=query)


def _job_row(job: "JobInfo") -> tuple[str, ...]:
    last = f"{job.last.status} {minute(job.last.started_at)}" if job.last else "never"
    return (job.id, job.name, _state(job), last, minute(job.next_at))


def _state(job: "JobInfo") -> str:
    if job.is_running:
        return "running"
    if not job.is_enabled:
        return "disabled"
    return f"failing ({job.failures})" if job.failures else "ready"


def _run_row(run: "JobRun") -> tuple[str, ...]:
    by = f"{run.triggered_by} {run.retry_count}" if run.retry_count else run.triggered_by
    return (run.started_at, run.error or run.result, run.status, f"{run.duration_ms} ms", by)


def _width() -> int:
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
