import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loom.process import Process, start
from loom.process.family import MARK

ENVIRONMENT = {"PATH": os.environ["PATH"]}
DEADLINE = 10.0


async def bash(command: str, **options: object) -> Process:
    given: dict[str, object] = {"cwd": Path("/"), "environment": ENVIRONMENT} | options
    return await start(["bash", "-c", command], **given)  # type: ignore[arg-type] # test options


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def eventually(path: Path) -> str:
    """The text of `path` once somebody has written it."""
    async with asyncio.timeout(DEADLINE):
        # A task that was just made begins only when this one waits.
        await asyncio.sleep(0)
        while not path.exists() or not path.read_text().endswith("\n"):
            await asyncio.sleep(0.01)
    return path.read_text()


async def test_output_and_exit_code_are_those_of_the_command() -> None:
    process = await bash("echo out; echo err >&2; exit 3")
    assert await process.finish(DEADLINE)
    assert (process.stdout.text(), process.stderr.text(), process.exit_code) == (
        "out\n",
        "err\n",
        3,
    )


async def test_death_by_a_signal_is_told_as_a_shell_tells_it() -> None:
    process = await bash("kill -KILL $$")
    await process.finish(DEADLINE)
    assert process.exit_code == 128 + signal.SIGKILL


async def test_output_comes_while_the_command_runs(tmp_path: Path) -> None:
    heard: list[str] = []
    gate = tmp_path / "gate"
    process = await bash(
        f"echo one; until [ -e {gate} ]; do sleep 0.01; done; echo two", on_output=heard.append
    )
    async with asyncio.timeout(DEADLINE):
        while heard != ["one\n"]:
            await asyncio.sleep(0.01)
    gate.touch()
    assert await process.finish(DEADLINE)
    assert heard == ["one\n", "two\n"]


async def test_stdin_is_empty() -> None:
    process = await bash("cat; echo done")
    assert await process.finish(DEADLINE)
    assert process.stdout.text() == "done\n"


async def test_child_sees_exactly_the_environment_it_is_given() -> None:
    process = await start(
        ["env"], cwd=Path("/"), environment={"PATH": ENVIRONMENT["PATH"], "A": "1"}
    )
    await process.finish(DEADLINE)
    names = {line.partition("=")[0] for line in process.stdout.text().splitlines()}
    assert names == {"PATH", "A", MARK}


async def test_character_split_between_two_writes_is_one_character() -> None:
    heard: list[str] = []
    process = await bash(r"printf '\xe2\x82'; sleep 0.05; printf '\xac'", on_output=heard.append)
    await process.finish(DEADLINE)
    assert "".join(heard) == "€"


async def test_time_out_kills_the_whole_group(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    process = await bash(f"sleep 300 & echo $! > {note}; wait")
    pid = int(await eventually(note))
    assert not await process.finish(0.05)
    assert not is_alive(pid)


async def test_command_may_clean_up_when_its_time_is_over(tmp_path: Path) -> None:
    note = tmp_path / "ready"
    process = await bash(f"trap 'echo bye; exit 7' TERM; echo > {note}; while :; do :; done")
    await eventually(note)
    await process.stop(grace=DEADLINE)
    assert (process.stdout.text(), process.exit_code) == ("bye\n", 7)


async def test_command_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "ready"
    process = await bash(f"trap '' TERM; echo > {note}; while :; do sleep 0.05; done")
    await eventually(note)
    await process.stop(grace=0.05)
    assert process.exit_code == 128 + signal.SIGKILL


async def test_what_escaped_into_a_session_of_its_own_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    escape = f"setsid bash -c 'echo $$ > {note}; exec sleep 300' >/dev/null 2>&1 &"
    process = await bash(f"({escape}) ; sleep 300")
    pid = int(await eventually(note))
    assert not await process.finish(0.05)
    assert not is_alive(pid)


async def test_what_a_command_leaves_running_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    process = await bash(f"sleep 300 & echo $! > {note}")
    began = time.monotonic()
    assert await process.finish(DEADLINE)
    assert not is_alive(int(note.read_text()))
    assert time.monotonic() - began < 5


async def test_cancelling_ends_the_command_and_passes_on(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    process = await bash(f"echo $$ > {note}; sleep 300")
    task = asyncio.create_task(process.finish(None))
    pid = int(await eventually(note))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not is_alive(pid)


async def test_second_cancellation_does_not_save_the_command(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    process = await bash(f"trap '' TERM; echo $$ > {note}; while :; do sleep 0.05; done")
    task = asyncio.create_task(process.finish(None))
    pid = int(await eventually(note))
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await process.stop()
    assert not is_alive(pid)


async def test_ended_command_leaves_no_zombie() -> None:
    process = await bash("true")
    await process.finish(DEADLINE)
    with pytest.raises(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)


async def test_flood_of_output_leaves_the_loop_free(tmp_path: Path) -> None:
    process = await start(["yes"], cwd=Path("/"), environment=ENVIRONMENT, spill=tmp_path / "spill")
    task = asyncio.create_task(process.finish(0.4))
    laps = 0
    while not task.done():
        await asyncio.sleep(0.005)
        laps += 1
    assert not await task
    assert laps > 20
    assert process.stdout.is_truncated
    assert len(process.stdout.text()) < 300_000


async def test_missing_program_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        await start(["no-such-program"], cwd=Path("/"), environment=ENVIRONMENT)


def test_command_dies_with_loom_when_setpriv_is_there(tmp_path: Path) -> None:
    code = (
        "import asyncio, pathlib, loom.sandbox.find as find\n"
        "from loom.process import start\n"
        f"env = {ENVIRONMENT!r}\n"
        "argv = [*find._life_line(env), 'sleep', '300']\n"
        "async def main():\n"
        "    process = await start(argv, cwd=pathlib.Path('/'), environment=env)\n"
        "    print(process.pid, flush=True)\n"
        "    await process.wait()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as loom:
        assert loom.stdout is not None
        pid = int(loom.stdout.readline())
        loom.kill()
    deadline = time.monotonic() + DEADLINE
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(pid)
