"""The end of a thread, read before there is a store."""

import sqlite3
from contextlib import closing
from pathlib import Path

from loom.core.messages import Thread
from loom.threads.glimpse import ENTRIES, glimpse
from loom.threads.store import ThreadStore
from tests.threads.samples import said

HERE = Path("/w")


def texts(path: Path, prefix: str) -> list[str] | None:
    found = glimpse(path, HERE, prefix)
    return None if found is None else [message.text for message in found.messages]


async def test_the_last_messages_of_the_thread_that_is_named_are_read(path: Path) -> None:
    async with ThreadStore.open(path) as store:
        await store.create(Thread("T-long", "Long"), [said(str(n)) for n in range(ENTRIES + 40)])
        await store.create(Thread("T-other"), [said("other")])
        assert texts(path, "T-lo") == [str(n) for n in range(40, ENTRIES + 40)]


async def test_without_a_name_it_is_the_last_one_here_in_which_something_was_said(
    path: Path,
) -> None:
    async with ThreadStore.open(path) as store:
        await store.create(Thread("T-1", workspace="/w", updated_at=1), [said("here")])
        await store.create(Thread("T-2", workspace="/else", updated_at=2), [said("elsewhere")])
        await store.create(Thread("T-3", workspace="/w", updated_at=3))
        assert texts(path, "") == ["here"]


async def test_a_fork_shows_what_it_shares(path: Path) -> None:
    async with ThreadStore.open(path) as store:
        await store.create(Thread("T-1"), [said("one"), said("two")])
        fork = await store.fork("T-1")
        await store.append(fork.id, said("three"))
        assert texts(path, fork.id) == ["one", "two", "three"]


def test_where_nothing_can_be_read_there_is_nothing_and_nothing_is_made(path: Path) -> None:
    assert texts(path, "T-1") is None
    assert not path.exists()
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (x)")
    assert texts(path, "T-1") is None
    path.write_bytes(b"no database at all, but long enough for a header to be looked for" * 9)
    assert texts(path, "") is None
