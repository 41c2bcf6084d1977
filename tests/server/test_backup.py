import asyncio
import json
import resource
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from loom.cli.main import main
from loom.core.errors import NewerStore, StoreError
from loom.server import users
from loom.server.backup import MANIFEST, back_up, checked, databases, restore, schemas
from loom.server.database import opened
from loom.server.keys import CONFIG
from tests.server.conftest import TeamUp

NOW = 1_764_000_000_000
BACK_UP = """
import sys
from pathlib import Path
from loom.server.backup import back_up
back_up({"server.db": Path(sys.argv[1])}, Path(sys.argv[2]), 0)
"""


async def with_people(path: Path, *names: str) -> None:
    async with opened(path) as database:
        for name in names:
            email = f"{name}@example.com"
            await database.write(lambda c, n=name, e=email: users.create(c, n, e, NOW))


async def people(path: Path) -> list[str]:
    async with opened(path) as database:
        return [name for (name,) in await database.query("SELECT name FROM users ORDER BY name")]


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    await with_people(tmp_path / "server.db", "alice")
    back_up({"server.db": tmp_path / "server.db"}, tmp_path / "backup", NOW)
    return tmp_path / "backup"


async def test_a_backup_of_a_running_server_holds_what_was_committed(
    team: TeamUp, tmp_path: Path
) -> None:
    loom = await team()
    stop = asyncio.Event()

    async def write() -> int:
        number = 0
        while not stop.is_set():
            number += 1
            await loom.sign_up(f"p{number:05}@example.com")
        return number

    writing = asyncio.create_task(write())
    await loom.sign_up("alice@example.com")
    target = tmp_path / "backup"
    await asyncio.to_thread(back_up, {"server.db": loom.database.path}, target, NOW)
    stop.set()
    written = await writing
    found = await people(target / "server.db")
    assert "alice" in found
    # What was committed came in order, so that a moment's copy is a beginning of it.
    numbered = [name for name in found if name != "alice"]
    assert numbered == [f"p{n:05}" for n in range(1, len(numbered) + 1)]
    assert len(numbered) <= written


async def test_a_restored_server_is_as_it_was_and_what_came_after_is_kept(
    backup: Path, tmp_path: Path
) -> None:
    path = tmp_path / "server.db"
    await with_people(path, "bob")
    (kept,) = restore(backup, {"server.db": path}, schemas(), NOW)
    assert await people(path) == ["alice"]
    assert await people(kept) == ["alice", "bob"]


async def test_nothing_is_restored_under_a_running_server(backup: Path, tmp_path: Path) -> None:
    path = tmp_path / "server.db"
    async with opened(path):
        with pytest.raises(StoreError, match="in use by a running server"):
            restore(backup, {"server.db": path}, schemas(), NOW)
    assert await people(path) == ["alice"]


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def unlist(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def damage(folder: Path) -> None:
    flip(folder / "server.db")


def garble(folder: Path) -> None:
    (folder / MANIFEST).write_text("{}")


def lose(folder: Path) -> None:
    (folder / "server.db").unlink()


@pytest.mark.parametrize("harm", [unlist, damage, garble, lose])
async def test_a_backup_that_is_not_whole_restores_nothing(
    backup: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    harm(backup)
    path = tmp_path / "server.db"
    before = path.read_bytes()
    with pytest.raises(StoreError):
        restore(backup, {"server.db": path}, schemas(), NOW)
    assert path.read_bytes() == before


async def test_a_newer_looms_backup_is_left_alone(backup: Path) -> None:
    with pytest.raises(NewerStore, match="newer Loom"):
        checked(backup, {"server.db": 1})


async def test_a_folder_that_exists_is_not_written_into(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="exists already"):
        back_up({"server.db": tmp_path / "server.db"}, backup, NOW)


async def test_a_backup_without_room_leaves_no_folder(tmp_path: Path) -> None:
    await with_people(tmp_path / "server.db", "alice")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BACK_UP, tmp_path / "server.db", tmp_path / "backup"),
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=limit,
    )
    _, errors = await process.communicate()
    assert b"no room" in errors
    assert not list(tmp_path.glob("backup*"))


async def test_the_commands_back_up_check_and_restore(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, folder = tmp_path / "server.db", str(tmp_path / "monday")
    server = ["server", "--db", str(path)]
    await with_people(path, "alice")
    assert await asyncio.to_thread(main, [*server, "backup", folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["copies"][0]["name"] == "server.db"
    await with_people(path, "bob")
    assert await asyncio.to_thread(main, [*server, "restore", folder, "--check"]) == 0
    assert "is whole" in capsys.readouterr().out
    assert await asyncio.to_thread(main, [*server, "restore", folder]) == 0
    assert await people(path) == ["alice"]


async def test_threads_are_backed_up_with_the_people_they_belong_to(
    team: TeamUp, tmp_path: Path
) -> None:
    loom = await team()
    alice = await loom.sign_up("alice@example.com")
    body = {"thread": {"title": "kept"}}
    path = "/api/threads/T-1"
    said = await loom.call("PUT", path, alice.headers | {"If-None-Match": "*"}, json=body)
    assert said.status == 201
    config = loom.app[CONFIG]
    await asyncio.to_thread(back_up, databases(config), tmp_path / "b", NOW)
    checked(tmp_path / "b", schemas())
    with closing(sqlite3.connect(tmp_path / "b" / "threads.db")) as copy:
        assert copy.execute("SELECT title FROM threads").fetchall() == [("kept",)]
    with pytest.raises(StoreError, match="in use by a running server"):
        restore(tmp_path / "b", {**databases(config), "server.db": tmp_path / "x"}, schemas(), NOW)


async def test_a_backup_carries_no_credential(team: TeamUp, tmp_path: Path) -> None:
    loom = await team()
    alice = await loom.sign_up("alice@example.com")
    await asyncio.to_thread(back_up, {"server.db": loom.database.path}, tmp_path / "b", NOW)
    assert alice.token.removeprefix("lt_").encode() not in (tmp_path / "b/server.db").read_bytes()
    with closing(sqlite3.connect(tmp_path / "b" / "server.db")) as copy:
        (length,) = copy.execute("SELECT length(token_hash) FROM login_sessions").fetchone()
    assert length == 32
