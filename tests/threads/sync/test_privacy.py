"""A private thread does not leave the machine, whatever the code around the sender believes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from loom.core.errors import PrivateThread
from loom.threads.store import ThreadStore
from loom.threads.sync.guard import PrivateGuard
from tests.fakes.flaky import FlakyWay
from tests.threads.sync.machines import Machine, World

T = TypeVar("T")
SECRETS = ("the-secret-words", "the-secret-title", "the-secret-folder", "the-secret-tag")


class LyingStore(ThreadStore):
    """Answers every question from a copy of the database in which nothing is private."""

    def lie_from(self, copy: Path) -> None:
        with closing(sqlite3.connect(self.path)) as real, closing(sqlite3.connect(copy)) as other:
            real.backup(other)
            other.execute("UPDATE threads SET is_private = 0")
            other.commit()
        self._lies = sqlite3.connect(copy, check_same_thread=False)

    def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return question(self._lies)

    async def read_apart(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return question(self._lies)

    async def close(self) -> None:
        self._lies.close()
        await super().close()


class FlippingStore(ThreadStore):
    """Marks its threads as private once what is to be sent was read."""

    async def read_apart(self, question: Callable[[sqlite3.Connection], T]) -> T:
        answer = await super().read_apart(question)
        await self.writer.run(lambda c: c.execute("UPDATE threads SET is_private = 1"))
        return answer


async def secret(machine: Machine, **fields: Any) -> None:
    given = {"title": SECRETS[1], "workspace": f"/{SECRETS[2]}", "tags": (SECRETS[3],)}
    await machine.make("T-secret", SECRETS[0], **{"is_private": True, **given, **fields})


async def test_nothing_of_a_private_thread_is_on_the_wire(world: World) -> None:
    laptop = await world.machine("laptop")
    async with FlakyWay(world.team.url) as way:
        laptop.url = way.url
        await secret(laptop)
        await laptop.make("T-open", "plain words")
        for _ in range(3):
            await laptop.round()
            await laptop.say("T-secret", SECRETS[0])
            await laptop.say("T-open", "more")
    heard = bytes(way.sent)
    assert b"plain words" in heard
    assert not [word for word in ("T-secret", *SECRETS) if word.encode() in heard]


async def test_a_store_that_lies_gets_nothing_sent(world: World, tmp_path: Path) -> None:
    laptop = await world.machine("laptop")
    await secret(laptop)
    lying = LyingStore.open(tmp_path / "laptop" / "loom.db")
    lying.lie_from(tmp_path / "copy.db")
    async with lying, FlakyWay(world.team.url) as way:
        hostile = Machine(lying, way.url, laptop.token)
        done = await hostile.round()
        assert done.sent == []
        assert done.refused == ["T-secret"]
    assert not [word for word in SECRETS if word.encode() in bytes(way.sent)]
    assert await world.server.thread("T-secret") is None


async def test_a_thread_that_becomes_private_before_the_first_byte_stays(
    world: World, tmp_path: Path
) -> None:
    async with (
        FlippingStore.open(tmp_path / "laptop" / "loom.db") as store,
        FlakyWay(world.team.url) as way,
    ):
        hostile = Machine(store, way.url, world.person.token)
        await secret(hostile, is_private=False)
        assert (await hostile.round()).refused == ["T-secret"]
    assert not [word for word in SECRETS if word.encode() in bytes(way.sent)]


async def test_a_thread_that_becomes_private_while_it_is_sent_never_arrives(
    world: World, tmp_path: Path
) -> None:
    laptop = await world.machine("laptop")
    size = 6_000_000
    await laptop.make("T-1", "x" * size)

    def flip(data: bytes) -> None:
        if b"xxxx" in data:
            with closing(sqlite3.connect(tmp_path / "laptop" / "loom.db")) as other, other:
                other.execute("UPDATE threads SET is_private = 1")

    async with FlakyWay(world.team.url, hears=flip) as way:
        laptop.url = way.url
        done = await laptop.round()
    assert (done.sent, done.refused) == ([], ["T-1"])
    assert len(way.sent) < size
    assert await world.server.thread("T-1") is None


async def test_a_thread_made_private_is_withdrawn_and_goes_on_here(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()
    await desk.round()
    await laptop.store.update("T-1", is_private=True)
    await laptop.say("T-1", "for me alone")
    assert (await laptop.round()).withdrawn == ["T-1"]
    await laptop.say("T-1", "and more")
    assert (await laptop.round()).withdrawn == []
    kept = await world.team.call("GET", "/api/threads/T-1?deleted=true", world.person.headers)
    assert b"alone" not in kept.body
    assert (await world.team.call("GET", "/api/threads/T-1", world.person.headers)).status == 404
    await desk.round()
    assert await desk.all() == {}
    assert await laptop.texts("T-1") == ["one", "for me alone", "and more"]


async def test_a_withdrawn_thread_that_others_changed_goes_too(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await laptop.make("T-1", "one")
    await laptop.round()
    await desk.round()
    await laptop.store.update("T-1", is_private=True)
    await desk.say("T-1", "two")
    await desk.round()
    assert (await laptop.round()).withdrawn == ["T-1"]
    assert (await world.team.call("GET", "/api/threads/T-1", world.person.headers)).status == 404


async def test_a_thread_that_is_no_longer_private_is_sent(world: World) -> None:
    laptop, desk = await world.machine("laptop"), await world.machine("desk")
    await secret(laptop)
    await laptop.round()
    await laptop.store.update("T-secret", is_private=False)
    assert (await laptop.round()).sent == ["T-secret"]
    await desk.round()
    assert await desk.texts("T-secret") == [SECRETS[0]]


async def test_what_the_guard_does_not_know_does_not_leave(world: World) -> None:
    laptop = await world.machine("laptop")
    guard = PrivateGuard(laptop.store.path)
    await laptop.make("T-1", "one")
    guard("T-1")
    with pytest.raises(PrivateThread):
        guard("T-2")
    guard.close()
