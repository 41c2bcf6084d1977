"""Two real people on one host: each has what is theirs, and nothing of the other's."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.e2e.people import Person, accounts
from tests.e2e.person import say
from tests.e2e.ssh import Sshd, command
from tests.e2e.terminal import Terminal
from tests.fakes.dictation import Dictation, dictated

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can make two accounts")

LISTEN = """
import os, socket, sys
os.umask(0)
listener = socket.socket(socket.AF_UNIX)
os.makedirs(os.path.dirname(sys.argv[1]), mode=0o777, exist_ok=True)
listener.bind(sys.argv[1])
listener.listen()
print("listens", flush=True)
while True:
    connection, _ = listener.accept()
    print("heard", len(connection.recv(1000)), flush=True)
"""
"""Takes a socket's place, open to all, and tells how much each visitor said."""

SPEAK = """
import socket, sys
from loom.core import codec
from loom.host.frames import AskStatus, Stop, Watch
for frame in (AskStatus(), Watch(sys.argv[2], 0), Stop()):
    visitor = socket.socket(socket.AF_UNIX)
    visitor.settimeout(20)
    visitor.connect(sys.argv[1])
    body = codec.encode(frame)
    try:
        visitor.sendall(len(body).to_bytes(4, "big") + body)
        print("told", visitor.recv(1000))
    except ConnectionError:
        print("told", b"")
"""
"""Asks a host everything that its kin may ask."""

HOLD = """
import asyncio, sys
from pathlib import Path
from loom.core.errors import SessionError
from loom.core.protocol import Cancel
from loom.host.remote import RemoteSession, is_live
path = Path(sys.argv[1])
print(asyncio.run(is_live(path, "T-1", 5)))
try:
    asyncio.run(RemoteSession(path, "T-1").submit(Cancel()))
except SessionError as error:
    print(error.message)
"""
"""Takes a socket for a host that holds a thread."""

READ = """
import os, sys
for path in sys.argv[1:]:
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").read()
        print(path)
    except PermissionError:
        pass
"""
"""Tells which of the paths it can read."""


@pytest.fixture
def people() -> Iterator[list[Person]]:
    """Two accounts, made for the test."""
    with (
        TemporaryDirectory(prefix="two-", ignore_cleanup_errors=True) as folder,
        accounts(Path(folder).resolve(), "a", "b") as both,
    ):
        yield both


@pytest.fixture
async def login(people: list[Person], stack: AsyncExitStack):
    """`await login(person, model)` is the app in that person's login."""
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="sshd-")))
    folder.chmod(0o755)
    sshd = await stack.enter_async_context(Sshd.run(folder))

    async def start(person: Person, model: Dictation, *words: str) -> Terminal:
        argv = (str(person.python), "-m", "loom", *words)
        line = command(person.home, {**person.environment, **model.environment}, argv)
        client = sshd.argv(line, user=person.name)
        return await stack.enter_async_context(Terminal.run(client, os.environ, folder))

    return start


@pytest.fixture
async def model(stack: AsyncExitStack) -> Dictation:
    return await stack.enter_async_context(dictated())


async def told(login, person: Person, model: Dictation, text: str) -> Terminal:
    """A screen of theirs, on which `text` was answered with itself."""
    screen = await login(person, model)
    await screen.until("ready")
    await say(screen, text)
    model.say(f"You said {text}.")
    model.end()
    await screen.until(f"You said {text}.", "ready")
    return screen


def threads(person: Person) -> list[dict]:
    return json.loads(person.loom("list", "--all", "--json").stdout)


def status(person: Person) -> dict:
    return json.loads(person.loom("daemon", "status", "--json").stdout)


async def test_each_person_has_a_daemon_and_threads_of_their_own(people, login, model):
    for person, text in zip(people, ("apples", "pears"), strict=True):
        await told(login, person, model, text)
    one, other = (status(person) for person in people)
    assert one["pid"] != other["pid"] and one["socket"] != other["socket"]
    assert [thread["title"] for thread in threads(people[0])] == ["apples"]
    assert [thread["title"] for thread in threads(people[1])] == ["pears"]
    done = people[1].loom("attach", threads(people[0])[0]["id"])
    assert done.returncode == 1
    assert "no thread" in done.stderr


async def test_nothing_that_one_wrote_can_be_read_by_another(people, login, model):
    one, other = people
    screen = await told(login, one, model, "apples " + "x" * 60)
    await say(screen, "tell me much")
    model.say("much of it " * 8_000)
    model.end()
    await screen.until("ready")
    await say(screen, "/copy")
    kept = one.home / ".local/state/loom/copied.txt"
    await screen.until("copied.txt")
    found = [path for root in (one.home, one.folder) for path in root.rglob("*")]
    assert {"loom.db", "history", "loom.log", "copied.txt", "daemon.sock"} <= {
        path.name for path in found
    }
    closed = [path for path in found if path.is_file() or path.is_socket() or is_looms(path)]
    assert other.run("-c", READ, str(one.folder), *map(str, closed)).stdout == ""
    assert kept in closed
    assert one.run("-c", READ, str(kept)).stdout == f"{kept}\n"


def is_looms(path: Path) -> bool:
    """Whether the folder is Loom's and not one that it shares with other programs."""
    return "loom" in path.parts[-3:]


async def test_a_daemon_that_lies_open_speaks_to_its_owner_only(people, login, model):
    one, other = people
    await told(login, one, model, "apples")
    path = Path(status(one)["socket"])
    path.parent.chmod(0o777)
    path.chmod(0o666)
    (thread,) = threads(one)
    spoke = other.run("-c", SPEAK, str(path), thread["id"])
    assert spoke.stdout == "told b''\n" * 3, spoke.stderr
    assert [each["thread_id"] for each in status(one)["sessions"]] == [thread["id"]]


async def test_a_socket_that_another_planted_hears_nothing(people, login, model):
    one, other = people
    path = one.folder / "daemon.sock"
    with other.start("-c", LISTEN, str(path)) as planted:
        try:
            assert planted.stdout.readline() == "listens\n"
            assert "belongs to another user" in one.loom("daemon", "status").stderr
            assert planted.stdout.readline() == "heard 0\n"
            screen = await told(login, one, model, "apples")
            await screen.until("another user owns it", timeout=2)
        finally:
            planted.kill()
        assert planted.stdout.read() == ""
    with closing(sqlite3.connect(one.home / ".local/share/loom/loom.db")) as connection:
        assert connection.execute("SELECT title FROM threads").fetchall() == [("apples",)]


async def test_a_session_at_another_users_socket_is_not_believed(people):
    one, other = people
    path = one.temporary / "host.sock"
    with other.start("-c", LISTEN, str(path)) as planted:
        try:
            assert planted.stdout.readline() == "listens\n"
            done = one.run("-c", HOLD, str(path))
            assert done.stdout == "False\nThe process that ran this session is gone.\n", done.stderr
            assert [planted.stdout.readline() for _ in range(2)] == ["heard 0\n"] * 2
        finally:
            planted.kill()


@pytest.mark.parametrize("made", ["mkdir -m 777", "mkdir -m 700", "touch", "ln -s /nowhere"])
async def test_a_name_that_another_took_is_told_at_once(people, made):
    one, other = people
    taken = other.run("-c", f"import os; os.system('{made} {one.folder}')")
    assert one.folder.is_symlink() or one.folder.exists(), taken.stderr
    for action in ("start", "run"):
        done = one.loom("daemon", action)
        assert done.returncode == 1
        assert str(one.folder) in done.stderr
        assert "Set TMPDIR to a folder that only you can enter." in done.stderr
    assert one.loom("daemon", "start", TMPDIR=str(one.home / "tmp")).returncode == 0
