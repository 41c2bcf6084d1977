"""A `loom --server` daemon that alone has the key, and `loom -p` that only knows its address."""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.e2e.conftest import LOOM, Home
from tests.e2e.providers import KEY, variables
from tests.fakes.providers import Call, FakeProvider, Say, Turn

TOKEN = "lt_a-token-that-only-these-two-know"
READ = Call("read_file", {"path": "note.txt"})


@asynccontextmanager
async def daemon(home: Home, **variables: str) -> AsyncIterator[str]:
    """The address of a daemon on a free port; it is asked to stop in the end, and obeys."""
    process = await asyncio.create_subprocess_exec(
        *LOOM,
        *("--server", "--port", "0", "--db", str(home.root / "server.db")),
        env={**home.environment, **variables},
        cwd=home.root,
        stdout=PIPE,
        stderr=DEVNULL,
    )
    try:
        async with asyncio.timeout(15):
            greeting = (await process.stdout.readline()).decode()
        yield greeting.rsplit(" ", 1)[-1].strip()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_turn_runs_through_a_daemon_that_alone_has_the_key(home: Home, run):
    (home.workspace / "note.txt").write_text("a line of the note\n")
    script = [Turn(Say("I read."), READ), Turn(Say("It is a note."))]
    async with (
        FakeProvider(script) as fake,
        daemon(home, LOOM_SERVER_TOKEN=TOKEN, **variables("anthropic", fake)) as url,
    ):
        done = await run("-p", "read it", LOOM_SERVER_URL=url, LOOM_TOKEN=TOKEN)
    assert (done.status, done.out) == (0, "It is a note.\n"), done.err
    assert "a line of the note" in fake.requests[-1].asked.results[0]
    assert {record.headers.get("x-api-key") for record in fake.requests} == {KEY}
    assert TOKEN not in str([(record.headers, record.body) for record in fake.requests])


async def test_model_is_streamed_in_a_terminal_through_the_daemon(home: Home, loom):
    async with (
        FakeProvider([Turn(Say("Hello through the daemon."))]) as fake,
        daemon(home, LOOM_SERVER_TOKEN=TOKEN, **variables("responses", fake)) as url,
    ):
        token = home.root / "token"
        token.write_text(TOKEN + "\n")
        named = {"LOOM_SERVER_URL": url, "LOOM_TOKEN_FILE": str(token)}
        screen = await loom("--provider", "openai", "hello", **named)
        await screen.until("Hello through the daemon.", "ready")
        assert not screen.shows("no key")


async def test_wrong_token_is_a_clear_error(home: Home, run):
    async with (
        FakeProvider([]) as fake,
        daemon(home, LOOM_SERVER_TOKEN=TOKEN, **variables("anthropic", fake)) as url,
    ):
        done = await run("-p", "hello", LOOM_SERVER_URL=url, LOOM_TOKEN="lt_another-token-entirely")
    assert (done.status, done.out) == (1, "")
    assert "token" in done.err.lower() and "LOOM_TOKEN" in done.err
    assert "Traceback" not in done.err and TOKEN not in done.err
    assert fake.requests == []


async def test_daemon_that_is_not_there_is_a_clear_error(run):
    named = {"LOOM_SERVER_URL": "http://127.0.0.1:9", "LOOM_TOKEN": TOKEN}
    done = await run("-p", "hello", LOOM_AGENT__MAX_RETRIES="1", **named)
    assert (done.status, done.out) == (1, "")
    assert "http://127.0.0.1:9" in done.err and "Traceback" not in done.err


async def test_client_of_a_daemon_holds_no_key(home: Home, run):
    """What the client's own commands can read names neither the key nor the daemon's token."""
    look = Call("bash", {"command": "env; cat /proc/*/environ | tr '\\0' '\\n'; true"})
    async with (
        FakeProvider([Turn(look), Turn(Say("Seen."))]) as fake,
        daemon(home, LOOM_SERVER_TOKEN=TOKEN, **variables("anthropic", fake)) as url,
    ):
        named = {"LOOM_SERVER_URL": url, "LOOM_TOKEN": TOKEN}
        done = await run("-p", "look", "--mode", "auto", "--allow", "bash", **named)
    (result,) = fake.requests[-1].asked.results
    assert done.status == 0
    assert "PATH=" in result
    assert KEY not in result and TOKEN not in result
