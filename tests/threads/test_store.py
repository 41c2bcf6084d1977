from pathlib import Path

from loom.core.history import CheckpointEntry
from loom.core.messages import Thread
from loom.threads import heads
from loom.threads.store import ThreadStore
from tests.threads.samples import answered, said


async def test_entries_come_back_in_order_after_reopening(path: Path) -> None:
    entries = (
        said("one"),
        said("two", "assistant"),
        answered("three"),
        CheckpointEntry("turn_started"),
    )
    async with ThreadStore.open(path) as store:
        thread = await store.create(Thread(""))
        await store.append(thread.id, *entries[:2])
        await store.append(thread.id, *entries[2:])
    async with ThreadStore.open(path) as again:
        assert await again.entries(thread.id) == entries


async def test_head_line_counts_messages_and_versions(store: ThreadStore) -> None:
    thread = await store.create(Thread("T-1"))
    await store.append("T-1", said("fix the bug"), answered("ok"))
    changed = await store.thread("T-1")
    assert changed is not None
    assert (thread.version, changed.version, changed.message_count) == (1, 2, 1)


def test_columns_are_the_fields_of_a_thread() -> None:
    selected = heads.SELECT.removeprefix("\nSELECT ").removesuffix("\nFROM threads")
    names = tuple(name.strip().removeprefix("threads.") for name in selected.split(","))
    assert names == Thread.__struct_fields__


async def test_every_field_of_a_thread_is_kept(store: ThreadStore) -> None:
    full = Thread(
        "T-1",
        "title",
        "/w",
        1,
        2,
        1,
        0,
        "demo",
        "m",
        "main",
        "git@h:r",
        "abc",
        ("a", "b"),
        True,
        True,
        "T-0",
    )
    await store.create(full)
    assert await store.thread("T-1") == full
