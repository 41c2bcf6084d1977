import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, UnixConnector

from loom.core.errors import ConfigError
from loom.server.config import ServerConfig, server_config
from loom.server.embedded import EmbeddedServer


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    def configure() -> ServerConfig:
        return server_config({}, db_path=tmp_path / "server.db")

    server = EmbeddedServer(configure, tmp_path / "run")
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


async def test_a_wrong_setting_is_told_to_whoever_waits(tmp_path: Path) -> None:
    def configure() -> ServerConfig:
        return server_config({"LOOM_SERVER_PORT": "x"})

    server = EmbeddedServer(configure, tmp_path)
    server.start()
    with pytest.raises(ConfigError, match="LOOM_SERVER_PORT"):
        await server.address()
    assert server.stop()


async def test_a_folder_of_someone_else_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "real")
    server = EmbeddedServer(lambda: server_config({}, db_path=tmp_path / "db"), tmp_path / "run")
    server.start()
    address, _ = await server.address()
    assert str(tmp_path) not in address
    assert server.stop()
    assert not Path(address.removeprefix("unix:")).parent.exists()


async def test_sockets_of_killed_processes_are_swept(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f"server-{dead.pid}-00ff.sock"
    mine = tmp_path / f"server-{os.getpid()}-00ff.sock"
    left.touch()
    mine.touch()
    server = EmbeddedServer(lambda: server_config({}, db_path=tmp_path / "db"), tmp_path)
    server.start()
    await server.address()
    server.stop()
    assert (left.exists(), mine.exists()) == (False, True)


FORGETFUL = """
import asyncio, sys
from pathlib import Path
from loom.server.embedded import EmbeddedServer
from loom.server.config import server_config
here = Path(sys.argv[1])
server = EmbeddedServer(lambda: server_config({}, db_path=here / "db"), here / "run")
server.start()
asyncio.run(server.address())
print(sorted({name.partition(".")[0] for name in sys.modules}))
"""


async def test_a_program_that_forgets_to_stop_it_still_ends(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FORGETFUL, str(tmp_path), stdout=subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    assert not list((tmp_path / "run").iterdir())
    for sdk in ("anthropic", "openai", "google", "vertexai", "httpx", "httpx2"):
        assert f"'{sdk}'" not in output.decode()


def test_importing_it_imports_no_aiohttp() -> None:
    code = "import sys, loom.server.embedded; print('aiohttp' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code]) == b"False\n"
