"""What was deleted or taken back is erased, and only what sync must know stays."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from loom.db import connect
from loom.server.keys import THREADS
from loom.server.sections.storage import StorageSettings
from loom.server.threads import erasing, writes
from loom.server.threads.eraser import Eraser
from loom.threads.store import ThreadStore
from tests.server.conftest import TeamUp
from tests.server.jobs.test_jobs_routes import DAY_MS, OPERATOR, ran, settled
from tests.server.team import Team
from tests.server.test_door import Clock
from tests.server.threads.conftest import NEW, THREAD, Desk, attached, digest, said, shown

PATH = f"/api/threads/{THREAD}"
OTHER = THREAD[:-1] + "2"
PIXEL = b"\x89PNG, or nearly"
SECRET = "elderflower"
TABLES = ("entries", "thread_files", "revisions", "taken_back", "thread_images", "attachments")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def alice(team: TeamUp, clock: Clock) -> Desk:
    loom = await team(clock=clock)
    await loom.sign_up("root@example.com")
    desk = Desk(loom, await loom.sign_up("alice@example.com"))
    await settled(loom)
    return desk


def store_of(crew: Team) -> ThreadStore:
    return crew.app[THREADS]


async def erase(desk: Desk) -> None:
    """All that was deleted or taken back until now."""
    eraser = Eraser(store_of(desk.team))
    await eraser.deleted(desk.team.now, desk.team.now)
    await eraser.swept(desk.team.now)
    await eraser.forget_words()


async def delete(desk: Desk, thread: str = THREAD) -> None:
    etag = (await desk.read(thread=thread))["thread"]["etag"]
    assert (await desk.call("DELETE", f"/api/threads/{thread}", etag)).status == 204


def on_disk(folder: Path) -> bytes:
    with closing(connect(folder / "threads.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(path.read_bytes() for path in folder.glob("threads.db*"))


def count(crew: Team, table: str) -> int:
    sql = f"SELECT count(*) FROM {table}"
    return int(store_of(crew).read(lambda c: c.execute(sql).fetchone()[0]))


def require_sound(folder: Path) -> None:
    """Nothing refers to what is not there, and the indexes know what is there and no more."""
    with closing(connect(folder / "threads.db")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for table in erasing.indexes(connection):
            connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")


async def test_a_deleted_thread_is_erased_after_its_grace_and_a_tombstone_stays(
    alice: Desk, clock: Clock, tmp_path: Path
) -> None:
    call = {"type": "tool_use", "id": "1", "name": "read", "input": {"path": f"{SECRET}.py"}}
    entries = [
        said(f"The recipe: {SECRET}"),
        {"type": "message", "message": {"role": "assistant", "content": [call]}},
        shown(PIXEL),
    ]
    await alice.write(
        entries=entries, attachments=[attached(PIXEL)], title=SECRET, workspace=f"/{SECRET}"
    )
    await alice.write("about something else", thread=OTHER)
    await delete(alice)
    assert SECRET.encode() in on_disk(tmp_path)
    clock.now += 30 * DAY_MS - 1
    assert (await ran(alice.team, "threads.erase"))["result"].startswith("0 threads")
    before = (await alice.read("?deleted=true"))["thread"]
    clock.now += DAY_MS
    assert (await ran(alice.team, "threads.erase"))["result"].startswith("1 threads erased; 3 ")
    whole = on_disk(tmp_path)
    assert SECRET.encode() not in whole
    assert PIXEL not in whole
    assert b"about something else" in whole
    read = await alice.read("?deleted=true")
    after = read["thread"]
    assert (after["is_deleted"], after["is_erased"], after["title"]) == (True, True, "")
    assert (after["length"], read["entries"], after["version"]) == (0, [], before["version"] + 1)
    times = ("created_at", "updated_at")
    assert [after[name] for name in times] == [before[name] for name in times]
    assert [count(alice.team, table) for table in TABLES] == [1, 0, 2, 0, 0, 0]
    require_sound(tmp_path)
    page = await alice.team.call("GET", "/api/admin/audit?type=threads.erase", OPERATOR)
    assert [each["details"] for each in page.json()["entries"]] == [{"threads": 1}]


async def test_of_changes_the_tombstone_is_still_one(alice: Desk) -> None:
    await alice.write("one")
    await delete(alice)
    cursor = (await alice.listed("?since="))["cursor"]
    await erase(alice)
    ((told,), again) = [(await alice.listed(f"?since={at}"))["threads"] for at in ("", cursor)]
    assert (told["id"], told["is_deleted"], told["is_erased"]) == (THREAD, True, True)
    # Who knows of the deletion is told nothing new.
    assert again == []


async def test_a_write_brings_an_erased_thread_back_with_what_it_says(
    alice: Desk, tmp_path: Path
) -> None:
    await alice.write("one", "two")
    await delete(alice)
    await erase(alice)
    etag = (await alice.read("?deleted=true"))["thread"]["etag"]
    assert (await alice.write("three", keep=2, etag=etag)).status == 400
    assert (await alice.call("PATCH", PATH, etag, json={"title": "T"})).status == 404
    assert (await alice.write("three", etag="2")).status == 412
    assert (await alice.write("three", etag=etag)).status == 200
    assert await alice.texts() == ["three"]
    assert "is_erased" not in {k for k, v in (await alice.read())["thread"].items() if v}
    await erase(alice)
    assert await alice.texts() == ["three"]
    require_sound(tmp_path)


async def test_a_thread_that_is_written_while_it_is_erased_keeps_what_is_new(
    alice: Desk, tmp_path: Path
) -> None:
    await alice.write(*(f"{n}" for n in range(3 * erasing.MOST_ROWS)))
    await delete(alice)
    store, now = store_of(alice.team), alice.team.now
    await Eraser(store).deleted(now, now)
    gone = await store.writer.run_bare(lambda c: erasing.sweep(c, now))
    assert gone is not None and gone.entries == erasing.MOST_ROWS
    require_sound(tmp_path)
    etag = (await alice.read("?deleted=true"))["thread"]["etag"]
    new = {"entries": [said("new"), shown(PIXEL)], "attachments": [attached(PIXEL)]}
    assert (await alice.write(etag=etag, **new)).status == 200
    await erase(alice)
    assert (count(alice.team, "entries"), count(alice.team, "attachments")) == (2, 1)
    assert len((await alice.read())["entries"]) == 2
    require_sound(tmp_path)


async def test_what_was_taken_back_is_erased_after_the_grace_and_the_rest_stays(
    alice: Desk, clock: Clock, tmp_path: Path
) -> None:
    etag = (await alice.write("one", SECRET, "three")).json()["etag"]
    etag = (await alice.write("four", keep=1, etag=etag)).json()["etag"]
    clock.now += DAY_MS
    await alice.write("five", keep=1, etag=etag)
    assert count(alice.team, "entries") == 5
    clock.now += 29 * DAY_MS
    await ran(alice.team, "threads.erase")
    # The first rewind's time is over, the second's is not.
    assert count(alice.team, "entries") == 3
    assert SECRET.encode() not in on_disk(tmp_path)
    clock.now += DAY_MS
    await ran(alice.team, "threads.erase")
    assert count(alice.team, "entries") == 2
    assert await alice.texts() == ["one", "five"]
    require_sound(tmp_path)


async def test_an_image_goes_with_the_last_thread_that_shows_it(alice: Desk) -> None:
    crew = alice.team
    bob = Desk(crew, await crew.sign_up("bob@example.com"))
    image = {"entries": [shown(PIXEL)], "attachments": [attached(PIXEL)]}
    await alice.write(**image)
    await bob.write(thread=OTHER, **image)
    await delete(alice)
    await erase(alice)
    assert (await bob.read(thread=OTHER))["attachments"][0]["data"] == attached(PIXEL)["data"]
    await delete(bob, OTHER)
    await erase(bob)
    assert count(crew, "attachments") == 0
    again = THREAD[:-1] + "3"
    refused = await alice.write(entries=[shown(PIXEL)], thread=again)
    assert (refused.status, refused.json()["missing"]) == (422, [digest(PIXEL)])
    assert (await alice.write(thread=again, **image)).status == 201


async def test_an_image_from_before_images_were_counted_stays(alice: Desk) -> None:
    await alice.write(entries=[shown(PIXEL)], attachments=[attached(PIXEL)])
    uncounted = "UPDATE thread_images SET thread = NULL"
    await store_of(alice.team).writer.run(lambda c: c.execute(uncounted))
    await alice.write(entries=[shown(PIXEL)], thread=OTHER)
    await delete(alice, OTHER)
    await erase(alice)
    assert (await alice.read())["attachments"][0]["data"] == attached(PIXEL)["data"]


async def test_pages_of_what_was_erased_are_used_again(alice: Desk, tmp_path: Path) -> None:
    def pages() -> int:
        return int(
            store_of(alice.team).read(lambda c: c.execute("PRAGMA page_count").fetchone())[0]
        )

    texts = [f"{n} " + "x" * 30_000 for n in range(100)]
    await alice.write(*texts)
    full = pages()
    for _ in range(3):
        await delete(alice)
        await erase(alice)
        etag = (await alice.read("?deleted=true"))["thread"]["etag"]
        await alice.write(*texts, etag=etag)
    assert pages() < full * 1.1


async def test_everybody_writes_while_much_is_erased(alice: Desk, tmp_path: Path) -> None:
    for n in range(3):
        await alice.write(*(f"{k}" for k in range(300)), thread=f"{THREAD}{n}")
        await delete(alice, f"{THREAD}{n}")

    async def write(n: int) -> None:
        thread = f"{OTHER}{n}"
        etag = (await alice.write("0", thread=thread)).json()["etag"]
        for k in range(1, 6):
            answer = await alice.write(f"{k}", keep=k, thread=thread, etag=etag)
            etag = answer.json()["etag"]
        await alice.listed("/search?q=5")

    await asyncio.gather(erase(alice), *(write(n) for n in range(8)), erase(alice))
    for n in range(8):
        assert await alice.texts(f"{OTHER}{n}") == [str(k) for k in range(6)]
    assert count(alice.team, "entries") == 48
    require_sound(tmp_path)


async def test_where_nothing_is_to_be_erased_deleted_threads_stay(
    team: TeamUp, clock: Clock
) -> None:
    crew = await team(clock=clock, storage=StorageSettings(deleted_days=0))
    desk = Desk(crew, await crew.sign_up("alice@example.com"))
    await settled(crew)
    await desk.write("one")
    await delete(desk)
    clock.now += 4_000 * DAY_MS
    assert "are kept" in (await ran(crew, "threads.erase"))["result"]
    assert len((await desk.read("?deleted=true"))["entries"]) == 1


async def test_a_deleted_threads_grace_does_not_begin_anew(alice: Desk, clock: Clock) -> None:
    await alice.write("one")
    await delete(alice)
    clock.now += 20 * DAY_MS
    etag = (await alice.read("?deleted=true"))["thread"]["etag"]
    assert (await alice.call("PATCH", PATH, etag, json={"is_pinned": True})).status == 200
    clock.now += 11 * DAY_MS
    assert (await ran(alice.team, "threads.erase"))["result"].startswith("1 threads")


async def test_of_revisions_the_newest_are_kept(alice: Desk) -> None:
    etags = [(await alice.write("one", "two")).json()["etag"]]
    old = "UPDATE threads SET version = version + ?"
    await store_of(alice.team).writer.run(lambda c: c.execute(old, (writes.MOST_REVISIONS,)))
    etag = (await alice.read())["thread"]["etag"]
    for text in ("three", "four"):
        etag = (await alice.write(text, keep=1, etag=etag)).json()["etag"]
        etags.append(etag)
    assert count(alice.team, "revisions") == 2
    known = [(await alice.read(f"?since={each}"))["is_since_known"] for each in etags]
    assert known == [False, True, True]


async def test_nobody_elses_deletion_is_needed_to_write_a_new_thread(alice: Desk) -> None:
    """A tombstone's id is taken, for others as for its owner."""
    await alice.write("one")
    await delete(alice)
    await erase(alice)
    mallory = Desk(alice.team, await alice.team.sign_up("mallory@example.com"))
    answer: Any = await mallory.call("PUT", PATH, "", json={"thread": {}})
    assert answer.status == 404
    assert (
        await alice.team.call("PUT", PATH, {**alice.headers, **NEW}, json={"thread": {}})
    ).status == 412
