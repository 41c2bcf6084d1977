import asyncio
import dataclasses
import os
import re
from collections.abc import AsyncIterator

import pytest

from loom.core.errors import InvalidArguments, NotFound, ToolError
from loom.sandbox import NoSandbox
from loom.tools import jobs
from loom.tools.base import ToolContext, parse_arguments
from loom.tools.bash import Bash
from loom.tools.bash_job import BashJob
from tests.tools.test_bash import running


@pytest.fixture
async def context(context: ToolContext) -> AsyncIterator[ToolContext]:
    changed = dataclasses.replace(
        context, sandbox=NoSandbox("none"), environment={"PATH": os.environ["PATH"]}
    )
    yield changed
    await jobs.close_jobs(changed.memory)


async def background(context: ToolContext, command: str) -> str:
    tool = Bash()
    given = parse_arguments(tool, {"command": command, "background": True})
    return (await tool.run(given, context)).text


async def ask(context: ToolContext, **arguments: object) -> str:
    tool = BashJob()
    given = parse_arguments(tool, arguments)
    tool.access(given, context)
    return (await tool.run(given, context)).text


async def test_job_is_named_at_once_with_its_first_words(context: ToolContext) -> None:
    text = await background(context, "echo listening; sleep 300")
    assert re.fullmatch(r"job-1: running for \d+ s\nlistening", text)


async def test_job_that_cannot_start_says_so_at_once(context: ToolContext) -> None:
    text = await background(context, "echo 'port in use' >&2; exit 1")
    assert text == "job-1: exit code 1 after 0 s\nport in use"


async def test_output_is_given_once(context: ToolContext) -> None:
    await background(context, "read -r -t 1 < <(sleep 0.7; echo); echo late; sleep 300")
    async with asyncio.timeout(10):
        while "late" not in (text := await ask(context, action="output", job="job-1")):
            await asyncio.sleep(0.02)
    assert text.endswith("\nlate")
    assert "late" not in await ask(context, action="output", job="job-1")


async def test_waiting_ends_with_the_job(context: ToolContext) -> None:
    await background(context, "sleep 0.7; echo done; exit 4")
    text = await ask(context, action="output", job="job-1", wait_secs=60)
    assert re.fullmatch(r"job-1: exit code 4 after \d s\ndone", text)


async def test_killed_job_takes_its_children_along(context: ToolContext) -> None:
    mark = f"300.{os.getpid()}4"
    await background(context, f"sleep {mark} & sleep {mark}")
    assert running(mark)
    assert "exit code 143" in await ask(context, action="kill", job="job-1")
    assert running(mark) == []


async def test_list_names_every_job(context: ToolContext) -> None:
    assert await ask(context, action="list") == "There are no background jobs."
    await background(context, "sleep 300")
    await background(context, "true")
    lines = (await ask(context, action="list")).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["job-1", "job-2"]
    assert lines[1].endswith("exit code 0 after 0 s: true")


async def test_jobs_end_with_the_session(context: ToolContext) -> None:
    mark = f"300.{os.getpid()}5"
    await background(context, f"setsid sleep {mark} & wait")
    assert running(mark)
    await jobs.close_jobs(context.memory)
    assert running(mark) == []
    assert context.memory.jobs == {}


async def test_unknown_job_is_answered_with_those_there_are(context: ToolContext) -> None:
    await background(context, "true")
    with pytest.raises(NotFound) as caught:
        await ask(context, action="kill", job="job-7")
    assert "job-1" in caught.value.hint


async def test_job_must_be_named(context: ToolContext) -> None:
    with pytest.raises(InvalidArguments, match="needs a job"):
        await ask(context, action="output")


async def test_too_many_jobs_are_refused(context: ToolContext) -> None:
    await asyncio.gather(*(background(context, "sleep 300") for _ in range(jobs.MAX_RUNNING)))
    with pytest.raises(ToolError, match="16 background jobs are running"):
        await background(context, "sleep 300")


async def test_old_jobs_are_forgotten(context: ToolContext) -> None:
    for _ in range(3):
        await asyncio.gather(*(background(context, "true") for _ in range(jobs.MAX_RUNNING)))
    assert len(context.memory.jobs) <= jobs.MAX_KEPT
    assert "job-48" in context.memory.jobs
