import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from loom.core.errors import StoreError, ThreadNotFound
from loom.core.history import CheckpointEntry, Entry
from loom.core.messages import RAN_IN_SHELL, Thread
from loom.threads import heads
from loom.threads.store import ThreadStore
from tests.threads.samples import answered, said


@pytest.fixture
async def ticking(path: Path) -> AsyncIterator[ThreadStore]:
    """A store whose clock advances a millisecond each time it is read."""
    ticks = count(1_000)
    async with ThreadStore.open(path, clock=lambda: next(ticks)) as opened:
        yield opened


async def test_entries_come_back_in_order_after_reopening(path: Path) -> None:
    entries = (
        said("one"),
        said("two", "assistant"),
        answered("3"),
        CheckpointEntry("turn_started"),
    )
    async with ThreadStore.open(path) as store:
        thread = await store.create(Thread(""))
        await store.append(thread.id, *entries[:2])
        await store.append(thread.id, *entries[2:])
    async with ThreadStore.open(path) as again:
        assert await again.entries(thread.id) == entries


async def test_new_thread_is_given_an_id_and_times(ticking: ThreadStore) -> None:
    thread = await ticking.create(Thread("", workspace="/w"))
    assert thread.id.startswith("T-")
    assert thread.created_at == thread.updated_at >= 1_000
    assert await ticking.thread(thread.id) == thread


async def test_every_field_of_a_thread_is_kept(store: ThreadStore) -> None:
    git = {"git_branch": "main", "git_remote": "git@h:r", "git_commit": "abc"}
    full = Thread(
        "T-1", "title", "/w", 1, 2, 1, 0, "demo", "m", **git, tags=("a", "b"), is_private=True,
        is_pinned=True, parent="T-0",
    )  # fmt: skip
    await store.create(full)
    assert await store.thread("T-1") == full


def test_columns_are_the_fields_of_a_thread() -> None:
    selected = heads.SELECT.removeprefix("\nSELECT ").removesuffix("\nFROM threads")
    names = tuple(name.strip().removeprefix("threads.") for name in selected.split(","))
    assert names == Thread.__struct_fields__


@pytest.mark.parametrize("thread_id", ["../../etc", "T-1\0", "T 1", "-1", "x" * 65])
async def test_id_that_is_none_is_refused(store: ThreadStore, thread_id: str) -> None:
    with pytest.raises(StoreError, match="not a thread id"):
        await store.create(Thread(thread_id))


async def test_taken_id_is_refused(store: ThreadStore) -> None:
    await store.create(Thread("T-1", title="first"))
    with pytest.raises(StoreError, match="already"):
        await store.create(Thread("T-1", title="second"))
    assert [thread.title for thread in await store.list()] == ["first"]


async def test_missing_thread_is_none_to_ask_for_and_an_error_to_write(store: ThreadStore) -> None:
    assert await store.thread("T-no") is None
    for attempt in (
        store.append("T-no", said("hi")),
        store.update("T-no", title="x"),
        store.delete("T-no"),
        store.entries("T-no"),
        store.fork("T-no"),
    ):
        with pytest.raises(ThreadNotFound):
            await attempt


async def test_append_counts_messages_and_a_version_and_moves_the_time(
    ticking: ThreadStore,
) -> None:
    thread = await ticking.create(Thread("T-1"))
    ids = await ticking.append("T-1", said("fix it"), answered("ok"), said("done", "assistant"))
    changed = await ticking.thread("T-1")
    assert changed is not None
    assert len(set(ids)) == 3
    assert (changed.version, changed.message_count) == (2, 2)
    assert changed.updated_at > thread.updated_at


async def test_title_is_the_first_line_the_person_wrote(store: ThreadStore) -> None:
    await store.create(Thread("T-1"))
    await store.append("T-1", said("I am ready", "assistant"), said("\n  Fix\tthe  login \nplease"))
    await store.append("T-1", said("Something else"))
    titled = await store.find("T-1")
    assert titled.title == "Fix the login"


async def test_title_of_a_shell_line_is_the_line(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [said(f"{RAN_IN_SHELL}ls src\na.py\nb.py")])
    assert (await store.find("T-1")).title == "$ ls src"


async def test_long_title_is_at_most_sixty_cells(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [said("語" * 100)])
    assert (await store.find("T-1")).title == "語" * 29 + "…"


async def test_title_that_was_given_stays(store: ThreadStore) -> None:
    await store.create(Thread("T-1", title="mine"))
    await store.append("T-1", said("hello"))
    assert (await store.find("T-1")).title == "mine"


async def test_update_changes_fields_and_counts_a_version_only(ticking: ThreadStore) -> None:
    thread = await ticking.create(Thread("T-1", title="old", tags=("a",), is_private=True))
    changed = await ticking.update("T-1", title="", tags=("b", "ü"), is_private=False, model="m")
    assert (changed.title, changed.tags, changed.is_private) == ("", ("b", "ü"), False)
    assert (changed.version, changed.updated_at) == (2, thread.updated_at)
    assert await ticking.thread("T-1") == changed


@pytest.mark.parametrize("changes", [{"id": "T-2"}, {"colour": "red"}, {"title": 7}, {"tags": 3}])
async def test_update_refuses_what_it_cannot_store(
    store: ThreadStore, changes: dict[str, object]
) -> None:
    before = await store.create(Thread("T-1"))
    with pytest.raises(StoreError):
        await store.update("T-1", **changes)
    assert await store.thread("T-1") == before


async def test_list_is_newest_activity_first(ticking: ThreadStore) -> None:
    for name in ("T-1", "T-2", "T-3"):
        await ticking.create(Thread(name, workspace="/a" if name != "T-2" else "/b"))
    await ticking.append("T-1", said("again"))
    assert [thread.id for thread in await ticking.list()] == ["T-1", "T-3", "T-2"]
    assert [thread.id for thread in await ticking.list(workspace="/a")] == ["T-1", "T-3"]
    assert [thread.id for thread in await ticking.list(limit=1)] == ["T-1"]


async def test_list_filters_by_words_of_the_head_line(store: ThreadStore) -> None:
    await store.create(Thread("T-1", title="Fix the login", git_branch="main"))
    await store.create(Thread("T-2", title="Fix the colours", tags=("100%",)))
    assert [thread.id for thread in await store.list(search="LOGIN main")] == ["T-1"]
    assert [thread.id for thread in await store.list(search="%")] == ["T-2"]


async def test_deleted_thread_is_hidden_until_it_is_restored(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [said("hi")])
    await store.delete("T-1")
    assert await store.list() == await store.search("hi") == ()
    assert len(await store.list(include_deleted=True)) == 1
    await store.restore("T-1")
    assert len(await store.list()) == 1
    assert await store.entries("T-1") == (said("hi"),)


@pytest.mark.parametrize("prefix", ["T-0198a", "0198a", "t-0198A", "T-0198ab"])
async def test_thread_is_found_by_how_its_id_begins(store: ThreadStore, prefix: str) -> None:
    await store.create(Thread("T-0198ab"))
    await store.create(Thread("T-0198bb"))
    assert (await store.find(prefix)).id == "T-0198ab"


async def test_ambiguous_prefix_lists_the_candidates(store: ThreadStore) -> None:
    await store.create(Thread("T-0198ab", title="one"))
    await store.create(Thread("T-0198bb", title="two"))
    with pytest.raises(ThreadNotFound, match="several") as ambiguous:
        await store.find("0198")
    assert "T-0198ab (one), T-0198bb (two)" in ambiguous.value.hint


@pytest.mark.parametrize("prefix", ["", "T-", "T-9", "%", "T-0198ab_"])
async def test_unknown_prefix_is_not_found(store: ThreadStore, prefix: str) -> None:
    await store.create(Thread("T-0198ab"))
    await store.create(Thread("T-0198bb"))
    with pytest.raises(ThreadNotFound):
        await store.find(prefix)


async def test_fork_shares_the_conversation_up_to_an_entry(store: ThreadStore) -> None:
    await store.create(Thread("T-1", title="t", is_private=True))
    ids = await store.append("T-1", said("one"), said("two"), said("three"))
    fork = await store.fork("T-1", upto=ids[1])
    await store.append(fork.id, said("other"))
    assert await store.entries(fork.id) == (said("one"), said("two"), said("other"))
    assert await store.entries("T-1") == (said("one"), said("two"), said("three"))
    assert (fork.parent, fork.message_count, fork.is_private) == ("T-1", 2, True)


async def test_fork_of_a_fork_has_all_its_ancestors(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [said("one")])
    first = await store.fork("T-1")
    await store.append(first.id, said("two"))
    second = await store.fork(first.id)
    await store.append(second.id, said("three"))
    assert await store.entries(second.id) == (said("one"), said("two"), said("three"))


async def test_fork_of_an_entry_of_another_thread_is_refused(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [said("one")])
    await store.create(Thread("T-2"))
    (other,) = await store.append("T-2", said("two"))
    with pytest.raises(StoreError, match="has no entry"):
        await store.fork("T-1", upto=other)


async def test_append_that_fails_adds_nothing(store: ThreadStore) -> None:
    before = await store.create(Thread("T-1"), [said("one")])
    with closing(sqlite3.connect(store.path)) as other:
        other.execute(
            "CREATE TRIGGER no BEFORE INSERT ON entries WHEN new.seq = 3"
            " BEGIN SELECT raise(ABORT, 'no'); END"
        )
    with pytest.raises(StoreError):
        await store.append("T-1", said("two"), said("three"))
    assert await store.entries("T-1") == (said("one"),)
    assert await store.find("T-1") == before


async def test_appends_of_many_tasks_are_all_there(store: ThreadStore) -> None:
    await store.create(Thread("T-1"))
    await asyncio.gather(*(store.append("T-1", said(str(n))) for n in range(100)))
    texts = [entry.message.text for entry in await store.entries("T-1")]
    assert sorted(texts, key=int) == [str(n) for n in range(100)]
    assert (await store.find("T-1")).message_count == 100


async def test_store_sees_what_another_store_has_committed(store: ThreadStore) -> None:
    async with ThreadStore.open(store.path) as other:
        await other.create(Thread("T-1"), [said("hi")])
        assert await store.entries("T-1") == (said("hi"),)
        assert (await store.list()) == (await other.list())


async def test_closed_store_says_so(path: Path) -> None:
    async with ThreadStore.open(path) as store:
        await store.create(Thread("T-1"))
    with pytest.raises(StoreError):
        await store.list()
    with pytest.raises(StoreError, match="closed"):
        await store.append("T-1", said("late"))


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("deleted_at IS NULL ORDER BY updated_at DESC, key DESC", "threads_by_time"),
        (
            "deleted_at IS NULL AND workspace = 'w' ORDER BY updated_at DESC, key DESC",
            "threads_by_workspace",
        ),
        ("threads.id >= 'T-0' AND threads.id < 'T-1'", "sqlite_autoindex_threads_1"),
        ("git_commit <> '' AND git_commit >= 'a' AND git_commit < 'b'", "threads_by_commit"),
    ],
)
async def test_reads_use_an_index_and_never_sort(
    store: ThreadStore, condition: str, index: str
) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {heads.SELECT} WHERE {condition}").fetchall()
    assert len(plan) == 1
    assert index in plan[0][3]


async def test_entries_of_one_append_never_appear_half(store: ThreadStore) -> None:
    await store.create(Thread("T-1"))
    pair: tuple[Entry, ...] = (said("a"), said("b"))
    writing = asyncio.gather(*(store.append("T-1", *pair) for _ in range(30)))
    while not writing.done():
        assert len(await store.entries("T-1")) % 2 == 0
    await writing
