"""The daemon as a process: the turn outlives the app, and the app outlives the daemon."""

import asyncio
import json
import os
import signal
import socket
import stat
import sys

import pytest

from loom.host.reach import daemon_socket
from tests.e2e.conftest import Home
from tests.e2e.person import allow, asked, say
from tests.e2e.providers import KEY, variables
from tests.e2e.test_attach import FIRST, counting, number_on, thread_of
from tests.fakes.providers import Call, FakeProvider, Say, Turn

OVER_SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}


@pytest.fixture(autouse=True)
async def no_daemon_stays(home: Home, run):
    yield
    if daemon_socket(home.environment).exists():
        await run("daemon", "stop")


async def status(run) -> dict:
    return json.loads((await run("daemon", "status", "--json")).out)


async def left(run) -> dict:
    """The status as soon as nobody watches."""
    async with asyncio.timeout(20):
        while True:
            told = await status(run)
            if not any(each["viewers"] for each in told["sessions"]):
                return told


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP], ids=lambda n: n.name)
async def test_a_turn_outlives_the_app_over_ssh(home: Home, loom, run, number):
    async with FakeProvider(counting) as fake:
        keys = variables("anthropic", fake)
        first = await loom("--mode", "auto", **keys, **OVER_SSH)
        await first.until("ready")
        await say(first, "count")
        await first.until("at 1")
        first.kill(number)
        (session,) = (await left(run))["sessions"]
        assert session == {"thread_id": thread_of(home), "standing": "working", "viewers": 0}
        assert "(works)" in (await run("list")).out
        second = await loom("attach")
        await second.until(FIRST, "count", "running tools")
        seen = number_on(second)
        await second.when(lambda: number_on(second) > seen + 1, "the output going on")
        second.key("esc")
        await second.until("Stopped.", "ready")


@pytest.mark.parametrize(
    "words", [(), ("--inline",), ("--plain",)], ids=["full", "inline", "plain"]
)
async def test_leaving_a_turn_that_works_on_names_the_way_back_to_it(home: Home, loom, words):
    async with FakeProvider(counting) as fake:
        keys = variables("anthropic", fake)
        first = await loom("--mode", "auto", "--daemon", *words, **keys)
        await first.until("Write, and Enter sends" if words == ("--plain",) else "ready")
        first.type("count")
        await first.until("count")
        first.key("enter")
        await first.until(FIRST)
        first.key("ctrl+d")
        assert await first.exit() == 0
        thread = thread_of(home)
        assert first.shows("he agent works on") and first.shows(f"loom attach {thread}")
        assert not first.shows("loom resume")
        second = await loom("attach", thread, **keys)
        await second.until(FIRST, "count", "running tools")
        second.key("esc")
        await second.until("Stopped.", "ready")
        second.key("ctrl+d")
        assert await second.exit() == 0
        assert second.shows(f"loom resume {thread}")


async def test_a_question_waits_for_a_viewer(home: Home, loom, run):
    turns = [Turn(Call("bash", {"command": "touch made"})), Turn(Say("It is made."))]
    async with FakeProvider(turns) as fake:
        keys = variables("anthropic", fake)
        first = await loom("--daemon", **keys)
        await first.until("ready")
        await say(first, "make it")
        await asked(first, "bash")
        first.kill()
        assert [each["standing"] for each in (await left(run))["sessions"]] == ["waiting"]
        second = await loom("attach", thread_of(home)[:14])
        await allow(second, "bash")
        await second.until("It is made.", "ready")
    assert (home.workspace / "made").exists()


async def test_the_app_goes_on_by_itself_when_the_daemon_is_killed(home: Home, loom, run):
    async with FakeProvider(counting) as fake:
        keys = variables("anthropic", fake)
        screen = await loom("--mode", "auto", "--daemon", **keys)
        await screen.until("ready")
        await say(screen, "count")
        await screen.until("at 1")
        os.kill((await status(run))["pid"], signal.SIGKILL)
        await screen.until("process that ran this session is gone", "ready")
        await say(screen, "still there?")
        await screen.until("You said: still there?", "ready")
        assert not (await status(run))["is_running"]
        screen.key("ctrl+d")
        assert await screen.exit() == 0
        assert (await run("daemon", "start")).status == 0


async def test_sessions_stay_in_the_app_where_no_daemon_is_wanted(home: Home, loom, run):
    async with FakeProvider(counting) as fake:
        keys = variables("anthropic", fake)
        for words, extra in (((), {}), (("--no-daemon",), OVER_SSH)):
            screen = await loom(*words, **keys, **extra)
            await screen.until("ready")
            assert not (await status(run))["is_running"]


async def test_two_daemons_that_start_at_once_are_one(home: Home, run):
    both = await asyncio.gather(run("daemon", "start"), run("daemon", "start"))
    assert [done.status for done in both] == [0, 0]
    assert both[0].out == both[1].out
    assert "runs already" in (await run("daemon", "run")).err


async def test_sigterm_closes_the_sessions_and_leaves_nothing(home: Home, loom, run):
    async with FakeProvider(counting) as fake:
        screen = await loom("--mode", "auto", "--daemon", **variables("anthropic", fake))
        await screen.until("ready")
        await say(screen, "count")
        await screen.until("at 1")
        screen.kill()
        os.kill((await status(run))["pid"], signal.SIGTERM)
        folder = daemon_socket(home.environment).parent
        async with asyncio.timeout(20):
            while any(folder.iterdir()):
                await asyncio.sleep(0.05)
    assert not any((home.database.parent / "leases").iterdir())


async def test_a_daemon_that_nobody_needs_ends(home: Home, run):
    await run("daemon", "start", LOOM_SESSION__DAEMON_IDLE="200ms")
    path = daemon_socket(home.environment)
    async with asyncio.timeout(20):
        while path.exists():
            await asyncio.sleep(0.05)
    assert "the daemon ends" in (home.home / ".local/state/loom/loom.log").read_text()


async def test_the_daemon_is_private_and_tells_no_key(home: Home, run):
    await run("daemon", "start", ANTHROPIC_API_KEY=KEY)
    path = daemon_socket(home.environment)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    told = await status(run)
    assert KEY not in json.dumps(told)


async def test_a_folder_that_others_may_enter_is_no_place_for_a_daemon(home: Home, loom, run):
    daemon_socket(home.environment).parent.mkdir(mode=0o755)
    done = await run("daemon", "run")
    assert done.status == 1
    assert "not a private folder" in done.err


async def test_a_daemon_at_work_without_a_key_is_named_as_what_is_to_be_stopped(loom, run):
    await run("daemon", "start")
    first = await loom("--daemon", "--provider", "demo")
    await first.until("ready")
    second = await loom("--daemon", ANTHROPIC_API_KEY=KEY, size=(100, 30))
    await second.until("There is no key for anthropic", "loom daemon stop", "export ANTHROPIC")


@pytest.mark.parametrize("answer", [b"nonsense at length" * 9, b""], ids=["nonsense", "nothing"])
async def test_a_daemon_that_understands_nobody_is_stopped_all_the_same(home: Home, run, answer):
    path = daemon_socket(home.environment)
    path.parent.mkdir(mode=0o700)
    program = (
        "import contextlib, socket, sys\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(9)\n"
        "kept = []\nprint('listens', flush=True)\n"
        "while True:\n"
        "    kept.append(s.accept()[0])\n"
        "    with contextlib.suppress(ConnectionError):\n"
        "        kept[-1].sendall(bytes.fromhex(sys.argv[2]))"
    )
    stranger = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, path, answer.hex()), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert await stranger.stdout.readline() == b"listens\n"
        assert (await run("daemon", "stop")).status == 0
        assert await stranger.wait() == -signal.SIGTERM
    finally:
        if stranger.returncode is None:
            stranger.kill()
        path.unlink()


async def test_nothing_to_attach_to_is_said(run):
    done = await run("attach")
    assert done.status == 1
    assert "no thread is live" in done.err


async def test_a_socket_that_a_dead_daemon_left_is_no_daemon(home: Home, run):
    path = daemon_socket(home.environment)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    stopped = await run("daemon", "stop")
    assert stopped.status == 0 and "No daemon runs." in stopped.err
