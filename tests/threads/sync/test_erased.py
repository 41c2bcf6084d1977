"""What the server has erased: machines that were away learn of it, and bring nothing back by it."""

from loom.core.messages import Thread
from loom.server.threads.eraser import Eraser
from loom.threads.sync import state
from loom.threads.sync.status import told
from tests.fakes.flaky import FlakyWay
from tests.threads.samples import said, shown
from tests.threads.sync.machines import Machine, World

GONE = 2**42


async def erase(world: World) -> None:
    """All that is deleted on the server, whenever that was."""
    eraser = Eraser(world.server)
    await eraser.deleted(GONE, world.team.now)
    await eraser.swept(GONE)


async def both(world: World) -> tuple[Machine, Machine]:
    """Two machines with the same thread, which the second deletes and the server then erases."""
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.store.create(Thread("T-1", tags=("x",)), [said("one"), shown()])
    await laptop.round()
    await desk.round()
    await desk.store.delete("T-1")
    await desk.round()
    await erase(world)
    assert await world.server.entries("T-1") == ()
    return laptop, desk


async def rounds(*machines: Machine) -> None:
    for _ in range(3):
        for machine in machines:
            await machine.round()


async def test_a_machine_that_was_away_learns_of_the_deletion_and_brings_nothing_back(
    world: World,
) -> None:
    laptop, desk = await both(world)
    await rounds(laptop, desk)
    assert await laptop.all() == await desk.all() == {}
    assert await world.server.entries("T-1") == ()
    # Hidden here as every deleted thread is: with what it says.
    assert len(await laptop.store.entries("T-1")) == 2
    thread = await laptop.store.thread("T-1")
    assert thread is not None and (thread.title, thread.tags) == ("one", ("x",))
    done = (await laptop.round(), await desk.round())
    assert all(not each.sent and not each.taken for each in done)


async def test_a_new_machine_never_hears_of_it(world: World) -> None:
    await both(world)
    new = await world.machine("new")
    done = await new.round()
    assert (done.taken, await new.store.list(include_deleted=True)) == ([], ())


async def test_what_is_erased_before_it_is_fetched_is_not_made_here(world: World) -> None:
    await both(world)
    new = await world.machine("new")
    await new.round()
    account = new.sync.account
    cursor = new.store.read(lambda c: state.cursor_of(c, account))
    await new.store.writer.run(lambda c: state.advance(c, account, cursor, ["T-1"]))
    await new.round()
    assert await new.store.list(include_deleted=True) == ()
    assert new.store.read(lambda c: state.behind(c, account)) == ()


async def test_what_was_written_on_a_machine_that_was_away_outlives_erasing(world: World) -> None:
    laptop, desk = await both(world)
    await laptop.say("T-1", "two")
    await rounds(laptop, desk)
    assert await laptop.all() == await desk.all()
    assert await desk.store.entries("T-1") == (said("one"), shown(), said("two"))
    assert await world.server.entries("T-1") == await desk.store.entries("T-1")
    ((words, _),) = [told(each) for each in laptop.store.read(state.notices)]
    assert "went on on another; it is kept" in words


async def test_who_brings_it_back_brings_all_of_it_back(world: World) -> None:
    laptop, desk = await both(world)
    await rounds(laptop, desk)
    for machine in (desk, laptop):
        await machine.store.restore("T-1")
        await rounds(desk, laptop)
        for each in (desk, laptop):
            assert await each.store.entries("T-1") == (said("one"), shown())
            assert [*(await each.all())] == ["T-1"]
        await laptop.store.delete("T-1")
        await rounds(laptop, desk)
        await erase(world)


async def test_who_deleted_it_too_sends_nothing_more(world: World) -> None:
    laptop, desk = await both(world)
    await laptop.store.delete("T-1")
    await rounds(laptop, desk)
    await laptop.store.update("T-1", title="renamed while it is deleted")
    await rounds(laptop, desk)
    assert await world.server.entries("T-1") == ()
    pending = laptop.store.read(lambda c: state.pending(c, laptop.sync.account))
    assert pending == ()


async def test_a_private_thread_stays_as_it_is(world: World) -> None:
    laptop, _ = await both(world)
    await laptop.store.update("T-1", is_private=True)
    await rounds(laptop)
    assert len((await laptop.all())["T-1"][1]) == 2
    assert await world.server.entries("T-1") == ()


async def test_whoever_moves_to_another_server_knows_the_old_deletion_from_news(
    world: World,
) -> None:
    laptop, _ = await both(world)
    away = await world.machine("away")
    for machine in (laptop, away):
        machine.sync.account = ""
    await away.store.create((await laptop.store.find("T-1")), [said("one"), shown()])
    await laptop.say("T-1", "news")
    async with FlakyWay(world.team.url) as moved:
        for machine in (away, laptop):
            machine.url, machine.sync.account = moved.url, ""
            await machine.sync.adopt()
        await rounds(away)
        assert (await away.all(), await world.server.entries("T-1")) == ({}, ())
        await rounds(laptop, away)
        assert [*(await away.all())] == ["T-1"]
        assert await away.texts("T-1") == ["one", "look", "news"]
