"""Shell commands that run in the background of a session, and end with it."""

import asyncio
from dataclasses import dataclass, field

from loom.core.errors import NotFound, ToolError
from loom.process import Capture, Process
from loom.tools.base import SessionMemory

MAX_RUNNING = 16
"""Background jobs of one session that may run at a time."""
MAX_KEPT = 32
"""Jobs that are remembered, ended ones included."""
UNREAD_LIMIT = 32_768
"""Bytes of output that are kept until the model asks for them."""


@dataclass
class Job:
    """One background command.

    Attributes:
        unread: what it wrote since it was last asked, stdout and stderr as they came.
        ended: done once it ended and all it started is gone.
    """

    id: str
    command: str
    process: Process
    unread: "Unread"
    ended: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        self.ended = asyncio.create_task(self.process.wait(), name=f"wait for {self.id}")

    @property
    def state(self) -> str:
        """`running for 12 s` or `exit code 0 after 3 s`."""
        seconds = f"{self.process.seconds:.0f} s"
        if not self.ended.done():
            return f"running for {seconds}"
        return f"exit code {self.process.exit_code} after {seconds}"

    async def wait(self, timeout: float) -> None:
        """Until it ended, or for `timeout` seconds."""
        await asyncio.wait({self.ended}, timeout=timeout)

    async def kill(self) -> None:
        """End it and all it started."""
        await self.process.stop()
        await self.ended


class Unread:
    """Output that the model has not asked for yet."""

    def __init__(self) -> None:
        self._kept = Capture(UNREAD_LIMIT)

    def add(self, text: str) -> None:
        """Take the next piece."""
        self._kept.add(text.encode("utf-8", "replace"))

    def take(self) -> str:
        """What came since the last time; its middle is left out when there was too much."""
        text = self._kept.text()
        self._kept = Capture(UNREAD_LIMIT)
        return text


def keep(memory: SessionMemory, command: str, process: Process, unread: Unread) -> Job:
    """Remember a command that was just started, under an id of its own."""
    number = 1 + max((int(known.removeprefix("job-")) for known in memory.jobs), default=0)
    job = Job(f"job-{number}", command, process, unread)
    memory.jobs[job.id] = job
    for old in [known for known in memory.jobs.values() if known.ended.done()]:
        if len(memory.jobs) > MAX_KEPT:
            del memory.jobs[old.id]
    return job


def demand_room(memory: SessionMemory) -> None:
    """Raise ToolError when as many jobs run as may."""
    running = [job.id for job in memory.jobs.values() if not job.ended.done()]
    if len(running) >= MAX_RUNNING:
        raise ToolError(f"{len(running)} background jobs are running", "Kill one with bash_job.")


def find(memory: SessionMemory, name: str) -> Job:
    """The job with this id. Raises NotFound, naming those there are."""
    job: Job | None = memory.jobs.get(name)
    if job is None:
        known = ", ".join(memory.jobs) or "none"
        raise NotFound(f"there is no job {name[:60]!r}", f"Jobs of this session: {known}.")
    return job


async def close_jobs(memory: SessionMemory) -> None:
    """End every background job of a session that closes; returns when all are gone."""
    jobs: list[Job] = list(memory.jobs.values())
    memory.jobs.clear()
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(job.kill())
