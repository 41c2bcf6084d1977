"""A person keeps so much on a team's server and no more."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from loom.api.sizes import told_size
from loom.core.errors import ConfigError
from loom.server.config import server_config
from loom.server.keys import CONFIG, RELOADS
from loom.server.sections.storage import GIBIBYTE, StorageSettings
from loom.server.threads import quota
from loom.server.threads.eraser import Eraser
from tests.server.conftest import TeamUp
from tests.server.jobs.test_jobs_routes import OPERATOR
from tests.server.test_orgs import ask
from tests.server.threads.conftest import THREAD, Desk, attached, said, shown
from tests.server.threads.test_erasing import count, delete, erase, store_of

KIB = 1024
IDS = [f"{THREAD}{n}" for n in range(20)]
TRUTH = """
SELECT coalesce(sum(512 + length(CAST(title AS BLOB)) + length(CAST(workspace AS BLOB))
    + length(CAST(git_branch AS BLOB)) + length(CAST(git_remote AS BLOB))
    + length(CAST(tags AS BLOB)) + (
        SELECT coalesce(sum(length(CAST(body AS BLOB)) + length(CAST(text AS BLOB))), 0)
        FROM entries WHERE thread = key
    ) + (
        SELECT coalesce(sum(length(data)), 0) FROM thread_images JOIN attachments USING (hash)
        WHERE thread = key
    )), 0) FROM threads WHERE owner = ?
"""
At = Callable[..., Awaitable[Desk]]


@pytest.fixture
def at(team: TeamUp) -> At:
    """Alice at a server that keeps so many KiB for a person."""

    async def start(limit: float) -> Desk:
        crew = await team(storage=StorageSettings(max_bytes_per_user=round(limit * KIB)))
        await crew.sign_up("root@example.com")
        return Desk(crew, await crew.sign_up("alice@example.com"))

    return start


def noise(size: float, seed: int = 0) -> str:
    """Text of so many KiB that no packing makes smaller."""
    return random.Random(seed).randbytes(round(size * KIB / 2)).hex()


def used(desk: Desk) -> int:
    """As it was counted, which is what there is."""
    owner, store = desk.person.id, store_of(desk.team)
    counted = store.read(lambda c: quota.used(c, owner))
    assert counted == store.read(lambda c: c.execute(TRUTH, (owner,)).fetchone()[0])
    return counted


async def etag_of(desk: Desk, thread: str = THREAD) -> str:
    return str((await desk.read("?deleted=true", thread))["thread"]["etag"])


async def test_a_write_beyond_it_is_refused_with_what_to_do_and_nothing_is_half_written(
    at: At,
) -> None:
    alice = await at(20)
    etag = (await alice.write(noise(10))).json()["etag"]
    before, entries = used(alice), count(alice.team, "entries")
    image = attached(bytes(12 * KIB))
    refused = [
        await alice.write(noise(11), keep=1, etag=etag),
        await alice.write(noise(11), keep=0, etag=etag, title="other"),
        await alice.write(noise(11), thread=IDS[1]),
        await alice.write(entries=[shown(bytes(12 * KIB))], attachments=[image], thread=IDS[1]),
        await alice.write(attachments=[image], keep=1, etag=etag),
    ]
    for answer in refused:
        told = answer.json()
        assert (answer.status, told["error"]) == (413, "quota_exceeded")
        assert "keeps 20.0 KiB for a person; with this it is 2" in told["message"]
        assert "loom delete" in told["hint"]
    assert (used(alice), count(alice.team, "entries")) == (before, entries)
    assert [count(alice.team, table) for table in ("threads", "attachments")] == [1, 0]
    assert await etag_of(alice) == etag
    assert (await alice.write(noise(5), keep=1, etag=etag)).status == 200


async def test_others_and_what_takes_no_room_are_not_refused(at: At) -> None:
    alice = await at(20)
    etag = (await alice.write(noise(17))).json()["etag"]
    bob = Desk(alice.team, await alice.team.sign_up("bob@example.com"))
    assert (await bob.write(noise(15), thread=IDS[1])).status == 201
    etag = (await alice.write(keep=1, etag=etag, title="n" * 4_000)).json()["etag"]
    path = f"/api/threads/{THREAD}"
    patched = await alice.call("PATCH", path, etag, json={"tags": ["t" * 200] * 20})
    assert patched.status == 200
    assert used(alice) > 20 * KIB
    assert (await alice.write("more", keep=1, etag=patched.json()["etag"])).status == 413
    assert (await alice.call("DELETE", path, patched.json()["etag"])).status == 204


async def test_of_writers_at_once_none_passes_it(at: At) -> None:
    alice = await at(45)
    answers = await asyncio.gather(*(alice.write(noise(10, n), thread=IDS[n]) for n in range(12)))
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [201] * 4 + [413] * 8
    assert used(alice) <= 45 * KIB
    assert count(alice.team, "threads") == 4


async def test_what_is_deleted_makes_room_when_it_is_needed_the_oldest_first(at: At) -> None:
    alice = await at(45)
    for n in range(4):
        await alice.write(noise(10, n), thread=IDS[n])
    for n in (2, 0, 1):
        await delete(alice, IDS[n])
    assert (await alice.write(noise(10, 4), thread=IDS[4])).status == 201
    found = [(await alice.read("?deleted=true", IDS[n]))["thread"] for n in range(4)]
    assert [each["is_erased"] for each in found] == [False, False, True, False]
    assert used(alice) <= 45 * KIB
    page = await alice.team.call("GET", "/api/admin/audit?type=threads.erase", OPERATOR)
    (line,) = page.json()["entries"]
    assert (line["details"]["threads"], line["actor_id"]) == (1, alice.person.id)
    # What would not be enough stays.
    assert (await alice.write(noise(40, 5), thread=IDS[5])).status == 413
    assert len((await alice.read("?deleted=true", IDS[0]))["entries"]) == 1
    assert (await alice.write(noise(20, 6), thread=IDS[6])).status == 201


async def test_a_thread_that_is_brought_back_is_not_what_makes_room(at: At) -> None:
    alice = await at(20)
    await alice.write(noise(15))
    await delete(alice)
    etag = await etag_of(alice)
    assert (await alice.write(noise(10, 1), keep=1, etag=etag)).status == 413
    assert (await alice.write("one", keep=1, etag=etag)).status == 200
    assert len(await alice.texts()) == 2


async def test_what_was_taken_back_makes_room_when_it_is_needed(at: At) -> None:
    alice = await at(25)
    etag = (await alice.write("one", noise(10))).json()["etag"]
    for n in range(5):
        answer = await alice.write(noise(10, n), keep=1, etag=etag)
        assert answer.status == 200
        etag = answer.json()["etag"]
    assert await alice.texts() == ["one", noise(10, 4)]
    assert used(alice) <= 25 * KIB


async def test_erasing_frees_what_was_deleted(at: At) -> None:
    alice = await at(100)
    empty = used(alice)
    image = {"entries": [said(noise(5)), shown(bytes(9_000))]}
    await alice.write(**image, attachments=[attached(bytes(9_000))])
    assert used(alice) > 14_000
    await delete(alice)
    await erase(alice)
    assert empty == 0
    assert used(alice) < KIB


async def test_it_is_counted_right_whatever_is_written_and_erased(at: At) -> None:
    alice, chance = await at(300), random.Random(5)
    bob = Desk(alice.team, await alice.team.sign_up("bob@example.com"))
    for step in range(150):
        desk, thread = chance.choice((alice, bob)), chance.choice(IDS[:6])
        read = await desk.call("GET", f"/api/threads/{thread}?deleted=true", None)
        info: dict[str, Any] = read.json()["thread"] if read.status == 200 else {}
        etag, length = info.get("etag", ""), info.get("length", 0)
        pixels = bytes([chance.randrange(4)]) * 3_000
        entries = [said(noise(chance.random() * 9, step)), shown(pixels)][: chance.randint(0, 2)]
        fields = {"title": "t" * chance.randrange(100), "tags": ["é"] * chance.randrange(3)}
        if chance.random() < 0.25 and info:
            await desk.call("DELETE", f"/api/threads/{thread}", etag)
        elif chance.random() < 0.1:
            await erase(desk)
        else:
            keep = chance.randint(0, length)
            sent = {"attachments": [attached(pixels)], "entries": entries, **fields}
            await desk.write(thread=thread, etag=etag, keep=keep, **sent)
        assert used(alice) <= 300 * KIB
        used(bob)
    await Eraser(store_of(alice.team)).people([alice.person.id], alice.team.now)
    rows = store_of(alice.team).read(lambda c: c.execute("SELECT owner FROM stored").fetchall())
    assert rows == [(bob.person.id,)]


async def test_room_is_told_to_its_owner_and_to_admins(at: At) -> None:
    alice = await at(50)
    await alice.write(noise(10), thread=IDS[0])
    await alice.write(noise(20), thread=IDS[1])
    await delete(alice, IDS[0])
    told = await ask(alice.team, alice.person, "GET", "users/me/storage")
    assert (told["used"], told["limit"]) == (used(alice), 50 * KIB)
    assert 10 * KIB < told["deleted"] < 12 * KIB
    page = (await alice.team.call("GET", "/api/admin/users", OPERATOR)).json()["users"]
    assert {each["name"]: each["stored"] for each in page} == {"alice": used(alice), "root": 0}


async def test_more_room_is_given_without_a_restart(at: At) -> None:
    alice = await at(10)
    assert (await alice.write(noise(15))).status == 413
    for limit in (20 * KIB, 0):
        storage = structs.replace(alice.team.app[CONFIG].storage, max_bytes_per_user=limit)
        config = replace(alice.team.app[CONFIG], storage=storage)
        assert alice.team.app[RELOADS].apply(config) == ()
        thread = IDS[limit // (20 * KIB)]
        assert (await alice.write(noise(15), thread=thread)).status == 201


def test_everybody_has_five_gibibytes_unless_it_is_said_otherwise() -> None:
    assert server_config({}).storage.max_bytes_per_user == 5 * GIBIBYTE
    name = "LOOM_SERVER_STORAGE_MAX_BYTES_PER_USER"
    assert server_config({name: "1000"}).storage.max_bytes_per_user == 1000
    with pytest.raises(ConfigError, match=name):
        server_config({name: "5 GiB"})


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "0 bytes"), (999, "999 bytes"), (1023, "1.0 KiB"), (5 * GIBIBYTE, "5.0 GiB")],
)
def test_bytes_are_told_in_few_digits(size: int, told: str) -> None:
    assert told_size(size) == told
