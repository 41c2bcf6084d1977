"""Threads follow a person from machine to machine."""

import sqlite3

import pytest

from loom.core.errors import AuthError, Offline
from loom.core.history import CheckpointEntry
from loom.core.messages import Thread
from loom.threads.lease import Holder, take
from loom.threads.rows import row_of
from loom.threads.sync.status import status
from tests.fakes.flaky import FlakyWay
from tests.server.conftest import TOKEN
from tests.threads.samples import said, shown
from tests.threads.sync.machines import World


async def test_a_thread_is_on_the_other_machine(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "hello", "world", tags=("a",), is_pinned=True, git_branch="main")
    done = await laptop.round()
    assert done.sent == ["T-1"]
    assert (await desk.round()).taken == ["T-1"]
    assert await desk.all() == await laptop.all()
    thread = await desk.store.find("T-1")
    assert (thread.title, thread.git_branch, thread.message_count) == ("hello", "main", 2)
    again = (await laptop.round(), await desk.round(), await laptop.round())
    assert all(not each.sent and not each.taken for each in again)


async def test_a_thread_that_is_named_goes_before_all_that_waits(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await desk.make("T-0", "from elsewhere")
    await desk.round()
    for name in ("T-1", "T-2", "T-3"):
        await laptop.make(name, "hello")
    done = await laptop.sync.send("T-2")
    assert done is not None
    assert (done.sent, done.taken) == (["T-2", "T-1", "T-3"], [])
    how = laptop.store.read(lambda c: status(c, laptop.url))
    assert (how.waiting, how.anothers, how.synced_at) == ((), 0, 0)
    assert (await laptop.round()).taken == ["T-0"]


async def test_what_is_said_anywhere_goes_everywhere(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()
    await desk.round()
    await desk.say("T-1", "two")
    await desk.round()
    await laptop.round()
    await laptop.say("T-1", "three")
    await laptop.round()
    await desk.round()
    assert await desk.texts("T-1") == await laptop.texts("T-1") == ["one", "two", "three"]


async def test_head_lines_are_merged_by_field(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()
    await desk.round()
    await laptop.store.update("T-1", title="From the laptop", tags=("x",))
    await desk.store.update("T-1", is_pinned=True, tags=("y",))
    for machine in (laptop, desk, laptop):
        await machine.round()
    assert await laptop.all() == await desk.all()
    assert await laptop.all() == {"T-1": ("From the laptop", ["one"], ("y",), True)}
    for machine in (laptop, desk):
        assert not (await machine.round()).taken


async def test_a_deletion_follows_and_so_does_what_brings_back(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()
    await desk.round()
    await desk.store.delete("T-1")
    await desk.round()
    await laptop.round()
    assert await laptop.all() == await desk.all() == {}
    await laptop.store.restore("T-1")
    await laptop.round()
    await desk.round()
    assert await laptop.all() == await desk.all() == {"T-1": ("one", ["one"], (), False)}


async def test_what_is_written_outlives_a_deletion_elsewhere(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()
    await desk.round()
    await desk.store.delete("T-1")
    await laptop.say("T-1", "two")
    for machine in (desk, laptop, desk):
        await machine.round()
    assert await laptop.texts("T-1") == await desk.texts("T-1") == ["one", "two"]
    assert list(await desk.all()) == ["T-1"]


async def test_both_versions_of_a_conflict_are_kept(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()
    await desk.round()
    await laptop.say("T-1", "from the laptop")
    await desk.say("T-1", "from the desk")
    await laptop.round()
    done = await desk.round()
    assert await desk.texts("T-1") == ["one", "from the laptop"]
    (fork,) = done.forks
    kept = await desk.store.find(fork)
    assert await desk.texts(fork) == ["one", "from the desk"]
    assert (kept.parent, kept.title) == ("T-1", "one (the other version)")
    await laptop.round()
    assert await laptop.all() == await desk.all()
    assert len(await laptop.all()) == 2


async def test_the_same_thread_made_twice_is_a_conflict_too(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one", "two")
    await desk.make("T-1", "one", "three")
    await laptop.round()
    (fork,) = (await desk.round()).forks
    assert await desk.texts("T-1") == ["one", "two"]
    assert await desk.texts(fork) == ["one", "three"]


async def test_an_imported_thread_that_is_there_already_is_no_conflict(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one", "two")
    await desk.make("T-1", "one")
    await laptop.round()
    assert not (await desk.round()).forks
    assert await desk.texts("T-1") == ["one", "two"]


async def test_an_image_travels_once(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.store.create(Thread("T-1"), [shown()])
    await laptop.round()
    await laptop.store.append("T-1", shown())
    await laptop.round()
    await desk.round()
    assert await desk.store.entries("T-1") == (shown(), shown())
    await desk.store.append("T-1", shown())
    await desk.round()
    await laptop.round()
    assert await laptop.store.entries("T-1") == (shown(), shown(), shown())


async def test_an_image_that_is_no_longer_here_keeps_nothing_back(world: World) -> None:
    laptop = await world.machine("laptop")
    await laptop.store.create(Thread("T-1"), [shown(), said("two")])
    digest = row_of(shown()).attachments[0].hash
    await laptop.store.writer.run(
        lambda c: c.execute("DELETE FROM attachments WHERE hash = ?", (digest,))
    )
    assert (await laptop.round()).sent == ["T-1"]


async def test_an_empty_thread_is_not_sent(world: World) -> None:
    laptop = await world.machine("laptop")
    await laptop.make("T-1")
    assert (await laptop.round()).sent == []
    await laptop.say("T-1", "now")
    assert (await laptop.round()).sent == ["T-1"]


async def test_a_large_thread_goes_in_pieces(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    texts = [f"{n} " + "x" * 3_000_000 for n in range(7)]
    await laptop.make("T-1", *texts)
    await laptop.round()
    await desk.round()
    assert await desk.texts("T-1") == texts
    info = await world.server.thread("T-1")
    assert info is not None
    assert info.version == 3


async def test_a_turn_under_way_waits_for_its_end(world: World) -> None:
    laptop = await world.machine("laptop")
    await laptop.store.create(Thread("T-1"), [said("go"), CheckpointEntry("turn_started", "t")])
    with await laptop.store.lease("T-1", Holder(1)):
        done = await laptop.round()
        assert (done.sent, done.waiting) == ([], ["T-1"])
        await laptop.store.append("T-1", CheckpointEntry("turn_finished", "t"))
        assert (await laptop.round()).sent == ["T-1"]


async def test_an_open_thread_is_not_changed_beneath_its_session(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()
    await desk.round()
    await desk.say("T-1", "two")
    await desk.store.update("T-1", title="New")
    await desk.round()
    with await laptop.store.lease("T-1", Holder(1)):
        assert (await laptop.round()).waiting == ["T-1"]
        assert await laptop.texts("T-1") == ["one"]
    await laptop.round()
    assert await laptop.texts("T-1") == ["one", "two"]


async def test_a_head_line_comes_while_the_thread_is_open(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()
    await desk.round()
    await desk.store.update("T-1", title="New")
    await desk.round()
    with await laptop.store.lease("T-1", Holder(1)):
        await laptop.round()
    assert (await laptop.store.find("T-1")).title == "New"


async def test_threads_of_one_account_never_go_to_another(world: World) -> None:
    laptop = await world.machine("laptop")
    await laptop.make("T-1", "for alice's server")
    await laptop.round()
    bob = await world.team.sign_up("bob@example.com")
    other = await world.machine("laptop")
    other.token = bob.token
    await other.say("T-1", "more")
    await other.make("T-2", "new")
    done = await other.round()
    assert done.sent == ["T-2"]
    assert "for alice's server" not in str(await other.store.entries("T-2"))
    assert (await laptop.round()).sent == ["T-1"]


async def test_without_an_account_nothing_is_sent(world: World) -> None:
    laptop = await world.machine("laptop")
    await laptop.make("T-1", "one")
    for token in (TOKEN, "lt_" + "0" * 64):
        laptop.token = token
        with pytest.raises(AuthError):
            await laptop.sync.run()
    assert await world.server.thread("T-1") is None


async def test_offline_is_said_and_everything_waits(world: World) -> None:
    laptop = await world.machine("laptop")
    laptop.url = "http://127.0.0.1:9"
    await laptop.make("T-1", "one")
    with pytest.raises(Offline):
        await laptop.sync.run()
    laptop.url = world.team.url
    assert (await laptop.round()).sent == ["T-1"]


async def test_one_process_at_a_time_is_at_a_round(world: World) -> None:
    laptop = await world.machine("laptop")
    with take(laptop.sync.lock, Holder(1)):
        assert await laptop.sync.run() is None
    assert await laptop.sync.run() is not None


async def test_a_lost_server_is_filled_again(world: World) -> None:
    laptop = await world.machine("laptop")
    await laptop.make("T-1", "one")
    await laptop.round()
    await world.server.writer.run(lambda c: c.execute("UPDATE threads SET id = 'T-gone'"))
    await laptop.say("T-1", "two")
    await laptop.round()
    assert len(await world.server.entries("T-1")) == 2


async def test_a_server_of_yesterday_is_brought_up_to_date(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()

    state = "SELECT version, mark, head, length FROM threads"
    before = world.server.read(lambda c: c.execute(state).fetchone())
    await laptop.say("T-1", "two")
    await laptop.round()
    await desk.round()

    def restore(connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE threads SET version = ?, mark = ?, head = ?, length = ?, change = 1", before
        )
        connection.execute("DELETE FROM revisions WHERE version > 1")

    await world.server.writer.run(restore)
    await desk.store.update("T-1", title="Touched")
    await desk.round()
    await laptop.round()
    assert await laptop.texts("T-1") == await desk.texts("T-1") == ["one", "two"]
    assert len(await world.server.entries("T-1")) == 2


async def test_a_server_that_moved_is_gone_on_with_when_the_person_says_so(world: World) -> None:
    laptop = await world.machine("laptop")
    await laptop.make("T-1", "one")
    await laptop.round()
    async with FlakyWay(world.team.url) as moved:
        laptop.url, laptop.sync.account = moved.url, ""
        await laptop.say("T-1", "two")
        assert (await laptop.round()).sent == []
        assert await laptop.sync.adopt() == 1
        done = await laptop.round()
    assert (done.forks, len(await laptop.all())) == ([], 1)
    assert len(await world.server.entries("T-1")) == 2
