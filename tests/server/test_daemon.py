import asyncio
import json
import os
import pty
import signal
import sqlite3
import ssl
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import aiohttp
import pytest

from loom.db import migrations_in, prepare
from loom.server import database
from loom.threads import store
from tests.fakes.claude_wire import END, MESSAGE, START, text
from tests.fakes.upstream import Line, Received, answer, events
from tests.server.conftest import Answer, Upstream, ask

PEM = Path(__file__).parents[1] / "fakes" / "tls" / "self_signed.pem"
RUN = """
import os, sys
from loom.server.config import server_config
from loom.server.daemon import run_daemon
from loom.core.errors import ConfigError
try:
    read = lambda: server_config(os.environ)
    sys.exit(run_daemon(read(), reread=read))
except ConfigError as error:
    sys.exit(error.message)
"""


def end(process: Process) -> None:
    if process.returncode is None:
        process.kill()


Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def run(errors: int = PIPE, **environment: str) -> Process:
            base = {"PATH": os.environ["PATH"], "XDG_STATE_HOME": str(tmp_path / "state")}
            base |= {"LOOM_SERVER_PORT": "0", "LOOM_SERVER_DB_PATH": str(tmp_path / "db")}
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", RUN, env={**base, **environment}, stdout=PIPE, stderr=errors
            )
            stack.push_async_callback(process.wait)
            stack.callback(end, process)
            return process

        yield run


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 20)).decode().rstrip("\n")


async def refused(url: str) -> None:
    """Waits until nobody listens at `url` any more."""
    host, _, port = url.removeprefix("http://").partition(":")
    async with asyncio.timeout(10):
        while True:
            # One that was still waiting to be accepted is reset; the next one is refused.
            with suppress(ConnectionResetError):
                try:
                    _, writer = await asyncio.open_connection(host, int(port))
                except ConnectionRefusedError:
                    return
                writer.close()
            await asyncio.sleep(0.01)


async def test_it_says_where_it_listens_and_where_the_token_is(
    start: Start, tmp_path: Path
) -> None:
    process = await start()
    url = (await line(process)).removeprefix("Loom server at ")
    path = Path((await line(process)).removeprefix("Token from "))
    assert path.is_relative_to(tmp_path)
    headers = {"Authorization": f"Bearer {path.read_text().strip()}"}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.get(url + "/api/models") as response,
    ):
        assert response.status == 200
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_fresh_server_says_what_is_missing_for_a_first_answer(start: Start) -> None:
    process = await start()
    missing = [await line(process) for _ in range(6)][2:]
    assert "LOOM_SERVER_ANTHROPIC_API_KEY" in missing[0]
    assert "loom server link" in missing[2]
    process = await start(LOOM_SERVER_OPENAI_API_KEY="sk-test")
    assert "Nobody has an account" in [await line(process) for _ in range(3)][2]


async def test_it_speaks_tls_with_the_operators_certificate(start: Start) -> None:
    process = await start(LOOM_SERVER_TLS_CERT=str(PEM), LOOM_SERVER_TOKEN="t" * 32)
    url = (await line(process)).removeprefix("Loom server at ")
    assert url.startswith("https://127.0.0.1:")
    trust = ssl.create_default_context(cafile=PEM)
    async with aiohttp.ClientSession() as client:
        named = url.replace("127.0.0.1", "localhost") + "/health"
        async with client.get(named, ssl=trust) as response:
            assert response.status == 200
            assert "Strict-Transport-Security" in response.headers
        trust.maximum_version = ssl.TLSVersion.TLSv1_2
        async with client.get(named, ssl=trust) as response:
            assert response.status == 200
        with pytest.raises(aiohttp.ClientError):
            await client.get(url.replace("https", "http") + "/health")


async def told(process: Process, text: str) -> str:
    """The first line of the log that has `text`."""
    assert process.stderr is not None
    async with asyncio.timeout(20):
        while text not in (said := (await process.stderr.readline()).decode()):
            assert said, f"the log ended without {text!r}"
    return said


async def test_it_logs_that_it_brings_older_databases_up_to_date(
    start: Start, tmp_path: Path
) -> None:
    databases = {tmp_path / "db": database.MIGRATIONS, tmp_path / "threads.db": store.MIGRATIONS}
    for path, migrations in databases.items():
        prepare(path, migrations_in(migrations)[:1]).close()
    process = await start()
    for path in databases:
        await told(process, f"bringing {path} up to date, from schema 1 to")
        await told(process, f"{path} is up to date")
    assert (await line(process)).startswith("Loom server at ")


async def log_of(process: Process, terminal: int | None = None) -> str:
    """All of it, once the server is told to stop."""
    await line(process)
    process.terminate()
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    return (os.read(terminal, 65536) if terminal else errors).decode()


async def test_the_log_is_for_people_on_a_terminal_alone(start: Start) -> None:
    master, slave = pty.openpty()
    told = await log_of(await start(errors=slave), master)
    assert "stopping" in told and "{" not in told
    assert all(json.loads(each) for each in (await log_of(await start())).splitlines())
    os.close(master)
    os.close(slave)


async def test_on_sighup_it_reads_its_settings_again(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('[server]\nlog_level = "warning"\n')
    process = await start(LOOM_SERVER_CONFIG=str(file), LOOM_SERVER_TOKEN="t" * 32)
    url = (await line(process)).removeprefix("Loom server at ")
    file.write_text('[server]\nlog_level = "info"\nhost = "::1"\n')
    process.send_signal(signal.SIGHUP)
    assert "settings reloaded" in await told(process, "reloaded")
    assert "restart: host" in await told(process, "restart")
    async with aiohttp.ClientSession() as client, client.get(url + "/health") as response:
        assert response.status == 200
    assert "GET /health 200" in await told(process, "/health")


async def test_wrong_settings_are_not_taken(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text("")
    process = await start(LOOM_SERVER_CONFIG=str(file), LOOM_SERVER_TOKEN="t" * 32)
    url = (await line(process)).removeprefix("Loom server at ")
    file.write_text("[server]\nbody_limit = 'many'\n")
    process.send_signal(signal.SIGHUP)
    assert "not reloaded: server.body_limit" in await told(process, "reloaded")
    async with aiohttp.ClientSession() as client, client.get(url + "/health") as response:
        assert response.status == 200


async def test_on_sighup_new_connections_get_the_new_certificate(
    start: Start, tmp_path: Path
) -> None:
    cert = tmp_path / "cert.pem"
    cert.write_bytes(PEM.read_bytes())
    process = await start(LOOM_SERVER_TLS_CERT=str(cert), LOOM_SERVER_TOKEN="t" * 32)
    port = int((await line(process)).rpartition(":")[2])
    first = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port))
    cert.write_text(await new_certificate())
    process.send_signal(signal.SIGHUP)
    await told(process, "reloaded")
    second = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port))
    assert first in PEM.read_text() and second != first
    cert.write_text("nothing")
    process.send_signal(signal.SIGHUP)
    assert "do not fit" in await told(process, "not reloaded")
    assert await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port)) == second


async def test_on_sighup_new_requests_go_to_the_new_accounts(
    start: Start, upstream: Upstream, tmp_path: Path
) -> None:
    file, up, token = tmp_path / "server.toml", await upstream(answer(MESSAGE)), "t" * 32
    account = "[[providers.anthropic.accounts]]\nname = '{0}'\napi_key = 'sk-{0}'\n"
    head = f"[providers.anthropic]\nbase_url = '{up.url}'\n"
    file.write_text(head + account.format("first"))
    process = await start(LOOM_SERVER_CONFIG=str(file), LOOM_SERVER_TOKEN=token)
    url = (await line(process)).removeprefix("Loom server at ")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:
        await client.post(url + "/proxy/anthropic/v1/messages", json={})
        file.write_text(head + account.format("second"))
        process.send_signal(signal.SIGHUP)
        await told(process, "reloaded")
        await client.post(url + "/proxy/anthropic/v1/messages", json={})
    keys = [request.headers["x-api-key"] for request in up.received]
    assert keys == ["sk-first", "sk-second"]


async def test_kill_9_loses_no_usage_that_is_older_than_a_moment(
    start: Start, upstream: Upstream, tmp_path: Path
) -> None:
    up, token = await upstream(answer(MESSAGE)), "t" * 32
    variables = {"LOOM_SERVER_TOKEN": token, "LOOM_SERVER_ANTHROPIC_BASE_URL": up.url}
    process = await start(**variables)
    url = (await line(process)).removeprefix("Loom server at ")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:
        for _ in range(20):
            async with client.post(url + "/proxy/anthropic/v1/messages", json={}) as response:
                assert response.status == 200
    async with asyncio.timeout(10):
        while usage_rows(tmp_path / "db") < 20:
            await asyncio.sleep(0.05)
    process.kill()
    await process.wait()
    assert usage_rows(tmp_path / "db") == 20


async def test_what_was_used_is_written_when_the_daemon_stops(
    start: Start, upstream: Upstream, tmp_path: Path
) -> None:
    up, token = await upstream(answer(MESSAGE)), "t" * 32
    process = await start(LOOM_SERVER_TOKEN=token, LOOM_SERVER_ANTHROPIC_BASE_URL=up.url)
    url = (await line(process)).removeprefix("Loom server at ")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:
        await client.post(url + "/proxy/anthropic/v1/messages", json={})
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert usage_rows(tmp_path / "db") == 1


def usage_rows(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        (count,) = connection.execute("SELECT count(*) FROM usage_requests").fetchone()
        return int(count)
    finally:
        connection.close()


async def new_certificate() -> str:
    """Another self-signed one with its key."""
    process = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-subj", "/CN=localhost", "-keyout", "-", "-out", "-"),
        stdout=PIPE,
        stderr=PIPE,
    )
    made, _ = await process.communicate()
    return made.decode()


async def test_on_sigterm_open_streams_may_end(start: Start, upstream: Upstream) -> None:
    go = asyncio.Event()

    async def slow(request: Received, line: Line) -> None:
        await line.stream()
        await line.chunk(START + text("Hel"))
        await go.wait()
        await line.chunk(text("lo") + END)
        await line.end()

    up = await upstream(slow)
    token = "lt_token-of-the-daemon-test"
    process = await start(
        LOOM_SERVER_ANTHROPIC_BASE_URL=up.url, LOOM_SERVER_TOKEN=token, ANTHROPIC_API_KEY="k" * 20
    )
    url = (await line(process)).removeprefix("Loom server at ")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:
        reply = asyncio.create_task(Answer.of(client, url + "/proxy/anthropic/stream", ask()))
        await up.arrived.wait()
        process.send_signal(signal.SIGTERM)
        await refused(url)
        go.set()
        assert (await reply).text == "Hello"
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_second_signal_ends_open_streams(start: Start, upstream: Upstream) -> None:
    up = await upstream(events(START + text("Hel"), then=Line.stall))
    token = "lt_token-of-the-daemon-test"
    process = await start(
        LOOM_SERVER_ANTHROPIC_BASE_URL=up.url,
        LOOM_SERVER_TOKEN=token,
        ANTHROPIC_API_KEY="k" * 20,
        LOOM_SERVER_TIMEOUT_DRAIN="60",
    )
    url = (await line(process)).removeprefix("Loom server at ")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:
        reply = asyncio.create_task(Answer.of(client, url + "/proxy/anthropic/stream", ask()))
        await up.arrived.wait()
        process.send_signal(signal.SIGTERM)
        await refused(url)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 130
        await asyncio.wait([reply])
        assert reply.exception() is not None


async def test_two_daemons_may_share_a_database(start: Start) -> None:
    first, second = await start(), await start()
    urls = [(await line(process)).removeprefix("Loom server at ") for process in (first, second)]
    async with aiohttp.ClientSession() as client:
        for url in urls:
            async with client.get(url + "/health") as response:
                assert (await response.json())["components"]["database"]["status"] == "healthy"


async def test_a_port_in_use_is_said_plainly(start: Start, upstream: Upstream) -> None:
    async def nothing(request: Received, line: Line) -> None:
        pass

    port = (await upstream(nothing)).url.rpartition(":")[2]
    process = await start(LOOM_SERVER_PORT=port)
    _, errors = await process.communicate()
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in errors.decode()
    assert process.returncode == 1
