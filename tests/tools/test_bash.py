import asyncio
import dataclasses
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loom.core.errors import InvalidArguments, PathOutsideWorkspace, ToolError
from loom.sandbox import NoSandbox, find_sandbox
from loom.tools.base import Answer, ToolContext, parse_arguments
from loom.tools.bash import Bash
from loom.tools.jobs import close_jobs

ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture(params=["confined", "unconfined"])
async def context(
    request: pytest.FixtureRequest, context: ToolContext, tmp_path: Path
) -> AsyncIterator[ToolContext]:
    sandbox = find_sandbox(tmp_path, environment=ENVIRONMENT)
    assert sandbox.is_confining, sandbox.statement
    if request.param == "unconfined":
        sandbox = NoSandbox("Nothing is confined in this test.")
    changed = dataclasses.replace(context, sandbox=sandbox, environment=ENVIRONMENT)
    yield changed
    await close_jobs(changed.memory)


async def run(context: ToolContext, command: str, **arguments: object) -> Answer:
    tool = Bash()
    return await tool.run(parse_arguments(tool, {"command": command, **arguments}), context)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def running(word: str) -> list[int]:
    """Processes of this machine with `word` on their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if word.encode() in words and is_alive(int(entry.name)):
            found.append(int(entry.name))
    return found


async def until_running(word: str) -> None:
    async with asyncio.timeout(10):
        while not running(word):
            await asyncio.sleep(0.01)


async def test_output_of_a_good_command_is_the_answer(context: ToolContext) -> None:
    answer = await run(context, "echo hello")
    assert (answer.text, answer.is_error) == ("hello", False)
    assert answer.display is not None
    assert (answer.display.kind, answer.display.body) == ("command", "hello")


async def test_failing_command_begins_with_its_exit_code(context: ToolContext) -> None:
    answer = await run(context, "echo out; echo err >&2; exit 3")
    assert (answer.text, answer.is_error) == ("exit code 3\nout\n[stderr]\nerr", True)


async def test_silence_is_said(context: ToolContext) -> None:
    assert (await run(context, "true")).text == "(no output)"


async def test_it_runs_in_the_given_folder(context: ToolContext, workspace: Path) -> None:
    (workspace / "sub").mkdir()
    assert (await run(context, "pwd", cwd="sub")).text == str(workspace / "sub")


@pytest.mark.parametrize("cwd", ["..", "/", "link"])
async def test_folder_outside_is_refused(context: ToolContext, workspace: Path, cwd: str) -> None:
    (workspace / "link").symlink_to("/")
    with pytest.raises(PathOutsideWorkspace):
        await run(context, "pwd", cwd=cwd)


async def test_file_is_no_folder(context: ToolContext, workspace: Path) -> None:
    (workspace / "f").touch()
    with pytest.raises(InvalidArguments, match="not a folder"):
        await run(context, "pwd", cwd="f")


@pytest.mark.parametrize("seconds", [0, 301, "10"])
def test_time_is_bounded(seconds: object) -> None:
    with pytest.raises(InvalidArguments):
        parse_arguments(Bash(), {"command": "true", "timeout_secs": seconds})


async def test_time_out_keeps_what_was_said_and_kills_everything(context: ToolContext) -> None:
    mark = f"300.{os.getpid()}1"
    answer = await run(context, f"echo begun; sleep {mark} & sleep {mark}", timeout_secs=1)
    assert (answer.text, answer.is_error) == ("timed out after 1 s\nbegun", True)
    assert running(mark) == []


async def test_cancelled_call_leaves_nothing_behind(context: ToolContext) -> None:
    mark = f"300.{os.getpid()}2"
    task = asyncio.create_task(run(context, f"setsid sleep {mark} & sleep {mark}"))
    await until_running(mark)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert running(mark) == []


async def test_what_is_left_running_ends_with_the_command(context: ToolContext) -> None:
    mark = f"300.{os.getpid()}3"
    answer = await run(context, f"sleep {mark} & setsid sleep {mark} >/dev/null 2>&1 & echo done")
    assert answer.text == "done"
    assert running(mark) == []


async def test_git_is_given_time_to_remove_its_lock(context: ToolContext, workspace: Path) -> None:
    trap = "trap 'rm lock; exit' TERM; touch lock; sleep 300 & wait"
    answer = await run(context, trap, timeout_secs=1)
    assert answer.is_error
    assert not (workspace / "lock").exists()


async def test_output_is_passed_on_while_it_runs(context: ToolContext, workspace: Path) -> None:
    heard = asyncio.Event()
    live = dataclasses.replace(context, emit=lambda text: heard.set() if "one" in text else None)
    task = asyncio.create_task(run(live, "echo one; until [ -e gate ]; do sleep 0.01; done"))
    async with asyncio.timeout(10):
        await heard.wait()
    assert not task.done()
    (workspace / "gate").touch()
    await task


async def test_long_output_is_cut_and_its_whole_is_in_a_file_the_next_command_reads(
    context: ToolContext,
) -> None:
    answer = await run(context, "seq 100000")
    assert len(answer.text) < 45_000
    assert answer.text.startswith("1\n2\n")
    file = answer.text.rpartition(": ")[2].rstrip("]")
    assert "all 588,895 bytes" in answer.text
    assert (await run(context, f"wc -l < {file}")).text == "100000"


async def test_bytes_that_are_no_text_break_nothing(context: ToolContext) -> None:
    answer = await run(context, r"printf 'a\xff\x00b'")
    assert answer.text == "a\ufffd\ufffdb"


async def test_child_gets_the_contexts_environment_only(context: ToolContext) -> None:
    named = dataclasses.replace(context, environment=ENVIRONMENT | {"MINE": "1"})
    answer = await run(named, "env")
    names = {line.partition("=")[0] for line in answer.text.splitlines()}
    assert names == {"PATH", "MINE", "LOOM_COMMAND", "PWD", "SHLVL", "_"}


async def test_environment_cannot_redefine_what_was_judged(
    context: ToolContext, workspace: Path
) -> None:
    (workspace / "rc").write_text("echo from-rc\n")
    evil = {"BASH_ENV": str(workspace / "rc"), "BASH_FUNC_ls%%": "() { echo from-function; }"}
    named = dataclasses.replace(context, environment=ENVIRONMENT | evil)
    assert (await run(named, "ls")).text == "rc"


async def test_command_that_cannot_start_is_an_error(context: ToolContext) -> None:
    too_much = dataclasses.replace(context, environment=ENVIRONMENT | {"X": "x" * 200_000})
    with pytest.raises(ToolError, match="cannot be started"):
        await run(too_much, "true")


def access(context: ToolContext, command: str, **arguments: object) -> tuple[bool, ...]:
    tool = Bash()
    found = tool.access(parse_arguments(tool, {"command": command, **arguments}), context)
    return found.is_inside, found.is_parsed, found.is_read_only


def test_access_names_every_command(context: ToolContext) -> None:
    tool = Bash()
    found = tool.access(parse_arguments(tool, {"command": "cd a && rm b > c"}), context)
    assert found.targets == ("cd a", "rm b", "> c")
    assert found.harmless == ("cd a",)
    assert found.is_sandboxed is context.sandbox.is_confining


def test_reading_in_the_workspace_is_read_only(context: ToolContext) -> None:
    assert access(context, "ls | wc -l") == (True, True, True)
    assert access(context, "ls", background=True) == (True, True, False)
    assert access(context, "rm x") == (True, True, False)


def test_reading_outside_is_not(context: ToolContext) -> None:
    is_confining = context.sandbox.is_confining
    assert access(context, "cat /etc/passwd") == (is_confining, True, False)
    assert access(context, "eval x") == (is_confining, False, False)


async def test_preview_is_the_exact_command(context: ToolContext) -> None:
    tool = Bash()
    command = "echo 'a  b'\n\tls  # c"
    shown = await tool.preview(parse_arguments(tool, {"command": command}), context)
    assert (shown.kind, shown.body) == ("command", command)
    assert shown.summary == context.sandbox.brief


async def test_preview_says_where_and_how_it_would_run(context: ToolContext) -> None:
    arguments = parse_arguments(Bash(), {"command": "ls", "cwd": "src", "background": True})
    shown = await Bash().preview(arguments, context)
    assert shown.summary == f"in src, in the background, {context.sandbox.brief}"
