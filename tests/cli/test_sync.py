"""`loom sync`, and what list and resume know of the server: the real program and a real server."""

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from loom.cli.plan import Plan
from loom.cli.syncing import in_step
from loom.config.settings import Settings
from loom.core.messages import Thread
from loom.secrets import Secret
from loom.server.keys import STORAGE
from loom.server.sections.storage import StorageSettings
from loom.threads.location import database
from loom.threads.store import ThreadStore
from tests.server.conftest import TeamUp, serve, stack, team, upstream
from tests.threads.samples import said
from tests.threads.sync.machines import Machine, World

__all__ = ["serve", "stack", "team", "upstream"]


class Here:
    """A machine on which the real program runs, and the world around it."""

    def __init__(self, world: World, environment: dict[str, str], folder: Path) -> None:
        self.world = world
        self._environment = environment
        self._folder = folder

    async def loom(self, *words: str, **variables: str) -> tuple[int, str, str]:
        """Status, output and errors of the program, signed in."""
        signed_in = {"LOOM_SERVER_URL": self.world.team.url, "LOOM_TOKEN": self.world.person.token}
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "loom", *words),
            env={**self._environment, **signed_in, **variables},
            cwd=self._folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await child.communicate()
        return child.returncode or 0, out.decode(), errors.decode()

    def store(self) -> ThreadStore:
        return ThreadStore.open(database(self._environment))

    async def make(self, thread: Thread, *texts: str) -> None:
        async with self.store() as store:
            await store.create(thread, [said(text) for text in texts])


@pytest.fixture
async def here(
    team: TeamUp,
    clean_environment: dict[str, str],
    tmp_path: Path,
) -> AsyncIterator[Here]:
    async with AsyncExitStack() as machines:
        loom = await team()
        await loom.sign_up("root@example.com")
        person = await loom.sign_up("alice@example.com")
        world = World(loom, person, tmp_path / "machines", machines)
        yield Here(world, clean_environment, tmp_path)


@pytest.fixture
async def desk(here: Here) -> Machine:
    return await here.world.machine("desk")


async def test_sync_sends_and_fetches_at_once(here: Here, desk: Machine) -> None:
    await here.make(Thread("T-1"), "from here")
    await desk.make("T-2", "from there")
    await desk.round()
    status, out, _ = await here.loom("sync")
    assert (status, out) == (0, "1 sent, 1 fetched\n")
    await desk.round()
    assert await desk.texts("T-1") == ["from here"]
    assert (await here.loom("sync", "--now"))[1] == "All is in step.\n"
    done = json.loads((await here.loom("sync", "--json"))[1])
    assert done["sent"] == done["taken"] == []


async def test_a_server_without_room_is_told_with_what_to_do_and_deleting_helps(
    here: Here,
) -> None:
    limit = StorageSettings(max_bytes_per_user=8 * 1024)
    here.world.team.app[STORAGE].take(limit)
    texts = [random.Random(n).randbytes(2_500).hex() for n in range(2)]
    for n, text in enumerate(texts):
        await here.make(Thread(f"T-{n}", title=f"title {n}"), text)
    status, out, errors = await here.loom("sync")
    assert (status, out) == (1, "1 sent, 1 refused\n")
    assert "The server has no more room for your threads" in errors
    assert "T-1: the server keeps 8.0 KiB for a person; with this it is 1" in errors
    assert "T-1: the server keeps 8.0 KiB" in (await here.loom("sync", "--status"))[1]
    assert "no more room" not in (await here.loom("list", "--all"))[2]
    assert (await here.loom("delete", "T-0"))[0] == 0
    # The deletion goes first, and what waits has room then.
    await here.loom("sync")
    assert (await here.loom("sync"))[0] == 0
    assert (await here.loom("sync"))[:2] == (0, "All is in step.\n")
    assert len(await here.world.server.entries("T-1")) == 1


async def test_status_says_what_waits_and_why(here: Here) -> None:
    await here.make(Thread("T-1"), "one")
    await here.make(Thread("T-private", is_private=True), "mine")
    assert (await here.loom("sync"))[0] == 0
    async with here.store() as store:
        await store.append("T-1", said("two"))
    status, _, errors = await here.loom("sync", LOOM_SERVER_URL="http://127.0.0.1:9")
    assert status == 1
    assert "cannot reach http://127.0.0.1:9" in errors
    _, out, _ = await here.loom("sync", "--status")
    assert "to send        1 T-1" in out
    assert "private        1 stay here" in out
    told = json.loads((await here.loom("sync", "--status", "--json"))[1])
    assert (told["waiting"], told["private"], told["error"]) == (["T-1"], 1, "")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"LOOM_SERVER_URL": ""}, "no server is named"),
        ({"LOOM_TOKEN": ""}, "loom login"),
        ({"LOOM_SYNC__ENABLED": "false"}, "sync is switched off"),
    ],
)
async def test_without_a_server_or_a_login_sync_says_what_to_do(
    here: Here, variables: dict[str, str], words: str
) -> None:
    status, _, errors = await here.loom("sync", **variables)
    assert status != 0
    assert words in errors


async def test_a_conflict_is_told_once_by_list(here: Here, desk: Machine) -> None:
    await here.make(Thread("T-1"), "one")
    await here.loom("sync")
    await desk.round()
    await desk.say("T-1", "there")
    await desk.round()
    async with here.store() as store:
        await store.append("T-1", said("here"))
    _, _, errors = await here.loom("sync", "--json")
    assert errors == ""
    _, out, errors = await here.loom("list", "--all")
    assert "T-1 was changed on two machines; both versions are kept." in errors
    assert "(the other version)" in out
    assert "two machines" not in (await here.loom("list", "--all"))[2]


async def test_list_is_narrowed_here_and_on_the_server(here: Here, desk: Machine) -> None:
    remote = "git@example.com:acme/loom.git"
    await here.make(Thread("T-1", git_branch="main", git_remote=remote, tags=("bug",)), "one")
    await here.make(Thread("T-2", git_branch="topic", is_pinned=True), "two")
    await here.loom("sync")
    async with here.store() as store:
        await store.update("T-2", title="changed here")
    for place in ((), ("--server",)):
        for flags, expected in (
            (("--branch", "main"), ["T-1"]),
            (("--repo", "acme/loom"), ["T-1"]),
            (("--tag", "bug"), ["T-1"]),
            (("--pinned",), ["T-2"]),
            (("--branch", "main", "--pinned"), []),
            (("--file", "x.py"), []),
        ):
            _, out, _ = await here.loom("list", "--all", "--json", *place, *flags)
            assert [each["id"] for each in json.loads(out)] == expected, (place, flags)
    assert "changed here" not in (await here.loom("list", "--server"))[1]
    assert "No thread is like that." in (await here.loom("list", "--tag", "none"))[2]


async def test_list_shows_an_organizations_threads(here: Here) -> None:
    loom = here.world.team
    bob = await loom.sign_up("bob@example.com")
    org = await loom.org("acme", owner=bob, member=here.world.person)
    path, headers = "/api/threads/T-bobs", {**bob.headers, "X-Loom-Org": org, "If-None-Match": "*"}
    await loom.call("PUT", path, headers, json={"thread": {"title": "Of Bob"}})
    _, out, _ = await here.loom("list", "--org", "acme")
    assert "Of Bob" in out
    assert "Of Bob" not in (await here.loom("list", "--org", "elsewhere"))[1]


async def test_resume_fetches_what_only_the_server_has(here: Here, desk: Machine) -> None:
    await desk.make("T-0198a3b2-1c4d-7000-8000-000000000001", "Started at the desk")
    await desk.round()
    _, out, _ = await here.loom("resume", "0198a3b2", "--plain", TERM="dumb")
    assert "Started at the desk" in out
    async with here.store() as store:
        assert len(await store.list()) == 1


async def test_a_colleagues_thread_is_gone_on_with_as_a_copy(here: Here) -> None:
    loom = here.world.team
    bob = await loom.sign_up("bob@example.com")
    await loom.org("acme", owner=bob, member=here.world.person)
    message = {"role": "user", "content": [{"type": "text", "text": "Bob began"}]}
    path, headers = "/api/threads/T-bobs", {**bob.headers, "X-Loom-Org": "acme"}
    body = {"thread": {}, "entries": [{"type": "message", "message": message}]}
    await loom.call("PUT", path, {**headers, "If-None-Match": "*"}, json=body)
    _, out, _ = await here.loom("resume", "T-bobs", "--plain", TERM="dumb")
    assert "Bob began" in out
    async with here.store() as store:
        (copy,) = await store.list()
    assert (copy.parent, copy.id == "T-bobs") == ("T-bobs", False)
    assert "1 sent" in (await here.loom("sync"))[1]


async def test_the_app_keeps_in_step_but_not_the_demo(here: Here, tmp_path: Path) -> None:
    settings = Settings(server_url=here.world.team.url, token=Secret(here.world.person.token))
    await here.make(Thread("T-1"), "one")
    async with here.store() as store:
        demo = Plan(tmp_path, settings, {}, database=store.path)
        async with in_step(demo, store, print):
            assert [task for task in asyncio.all_tasks() if task.get_name() == "sync"] == []
        async with in_step(Plan(tmp_path, settings, {}), store, print), asyncio.timeout(20):
            while await here.world.server.thread("T-1") is None:
                await asyncio.sleep(0.05)


async def test_doctor_says_how_sync_stands(here: Here) -> None:
    await here.make(Thread("T-1"), "one")
    assert "1 to send, 0 to fetch" in (await here.loom("doctor"))[1]
    await here.loom("sync")
    assert "0 to send, 0 to fetch" in (await here.loom("doctor"))[1]
    assert "to fetch" not in (await here.loom("doctor", LOOM_SERVER_URL=""))[1]
