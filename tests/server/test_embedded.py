import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from aiohttp import ClientSession, UnixConnector

from loom.core.errors import StoreError
from loom.core.messages import Usage
from loom.server.config import server_config
from loom.server.embedded import EmbeddedServer
from loom.server.spending import usage
from loom.server.spending.usage import UsageRecord


def embedded(folder: Path) -> EmbeddedServer:
    config = server_config({}, db_path=folder / "server.db")
    return EmbeddedServer(config, {"XDG_RUNTIME_DIR": str(folder)})


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
async def server(home: Path) -> AsyncIterator[EmbeddedServer]:
    server = embedded(home)
    server.start()
    yield server
    assert server.stop()


async def ask(server: EmbeddedServer, path: str, token: str) -> int:
    address, _ = await server.address()
    connector = UnixConnector(address.removeprefix("unix:"))
    async with ClientSession(connector=connector) as client:
        headers = {"Authorization": f"Bearer {token}"}
        async with client.get("http://localhost" + path, headers=headers) as response:
            return response.status


async def test_only_the_token_of_this_run_opens_it(server: EmbeddedServer) -> None:
    _, token = await server.address()
    assert await ask(server, "/api/models", token.expose()) == 200
    assert await ask(server, "/api/models", "lt_another") == 401


async def test_the_socket_is_for_its_owner_alone(server: EmbeddedServer) -> None:
    address, _ = await server.address()
    path = Path(address.removeprefix("unix:"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_stopping_removes_the_socket(server: EmbeddedServer) -> None:
    address, _ = await server.address()
    assert server.stop()
    assert not Path(address.removeprefix("unix:")).exists()


async def test_what_keeps_it_from_starting_is_told_to_whoever_waits(home: Path) -> None:
    (home / "server.db").write_bytes(b"not a database, but long enough to be looked at" * 99)
    server = embedded(home)
    server.start()
    with pytest.raises(StoreError, match=r"server\.db"):
        await server.address()
    assert server.stop()


async def test_a_folder_of_someone_else_is_not_used(home: Path) -> None:
    (home / "real").mkdir()
    (home / "loom").symlink_to(home / "real")
    server = embedded(home)
    server.start()
    address, _ = await server.address()
    assert str(home) not in address
    assert server.stop()
    assert not Path(address.removeprefix("unix:")).parent.exists()


async def test_sockets_of_killed_processes_are_swept(home: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (home / "loom").mkdir()
    left = home / "loom" / f"server-{dead.pid}-00ff.sock"
    mine = home / "loom" / f"server-{os.getpid()}-00ff.sock"
    left.touch()
    mine.touch()
    server = embedded(home)
    server.start()
    await server.address()
    server.stop()
    assert (left.exists(), mine.exists()) == (False, True)


FORGETFUL = """
import asyncio, sys
from pathlib import Path
from loom.server.embedded import EmbeddedServer
from loom.server.spending import usage
from loom.server.spending.usage import UsageRecord
from loom.server.config import server_config
here = Path(sys.argv[1])
server = EmbeddedServer(server_config({}, db_path=here / "db"), {"XDG_RUNTIME_DIR": str(here)})
server.start()
asyncio.run(server.address())
print(sorted({name.partition(".")[0] for name in sys.modules}))
"""


async def test_a_program_that_forgets_to_stop_it_still_ends(home: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FORGETFUL, str(home), stdout=subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    assert not list((home / "loom").iterdir())
    for sdk in ("anthropic", "openai", "google", "vertexai", "httpx", "httpx2"):
        assert f"'{sdk}'" not in output.decode()


async def test_it_starts_and_stops_again_and_again(home: Path) -> None:
    before = threading.active_count()
    for _ in range(20):
        server = embedded(home)
        server.start()
        _, token = await server.address()
        assert await ask(server, "/api/models", token.expose()) == 200
        assert server.stop()
    assert not list((home / "loom").iterdir())
    # The watcher of each is waiting for the main thread's end; nothing else is left.
    assert threading.active_count() <= before + 20


async def test_servers_of_many_processes_share_a_database_that_none_has_made(home: Path) -> None:
    code = FORGETFUL.replace('"db"', '"shared.db"')
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, str(home)), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    ended = [await asyncio.wait_for(process.communicate(), 40) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, ended


async def test_it_forgets_old_requests_since_it_runs_no_jobs(home: Path) -> None:
    first = embedded(home)
    first.start()
    await first.address()
    assert first.stop()
    old = UsageRecord(1, "r", "", "", "", "demo", "a", "m", "loom", 200, Usage(7), False, 5, 1)
    with closing(sqlite3.connect(home / "server.db")) as connection, connection:
        usage.add(connection, [old])
    server = embedded(home)
    server.start()
    address, token = await server.address()
    async with ClientSession(connector=UnixConnector(address.removeprefix("unix:"))) as client:
        headers = {"Authorization": f"Bearer {token.expose()}"}
        words = [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
        said = {"model": "default", "messages": words}
        url = "http://localhost/proxy/demo/complete"
        async with client.post(url, headers=headers, json=said) as response:
            assert response.status == 200, await response.text()
    with closing(sqlite3.connect(home / "server.db")) as connection:
        async with asyncio.timeout(10):
            while (
                not (kept := [*connection.execute("SELECT at FROM usage_requests")]) or (1,) in kept
            ):
                await asyncio.sleep(0.05)
        days = connection.execute("SELECT sum(requests) FROM usage_days").fetchone()
    assert (len(kept), days) == (1, (2,))
    assert server.stop()


def test_importing_it_imports_no_aiohttp() -> None:
    code = "import sys, loom.server.embedded; print('aiohttp' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code]) == b"False\n"
